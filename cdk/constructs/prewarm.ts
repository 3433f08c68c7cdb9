import { CustomResource, Duration, Names, Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Alias, CfnFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { madeFunction } from './invoked-function.ts';
import { ownCode } from './own-code.ts';
import { refuse } from './refuse.ts';
import { ResilientFunction } from './resilient-function.ts';

export interface PrewarmProps {
  /** How long the log of the function that does it is kept. @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
}

export interface PrewarmTargetProps {
  /**
   * The event with which the version is invoked. It is part of the template, so put no secret into it.
   * @default - a ping, `{ source: 'fibrin.warmup' }`, which the middleware `warmup` answers without your code
   */
  readonly payload?: { readonly [name: string]: unknown };
  /** How long the version may take to answer, its init included. 1 to 90 seconds. @default Duration.seconds(30) */
  readonly timeout?: Duration;
}

/** Of the function that does it. More than the longest wait for an answer and for CloudFormation. */
const OWN_TIMEOUT = Duration.minutes(3);
const MAX_TIMEOUT_SECONDS = 90;
/** How long CloudFormation itself waits: Lambda runs the event twice more, a minute and two later, where it could not be answered. */
const SERVICE_TIMEOUT = Duration.minutes(15);

/**
 * Invokes each new version of a function before its alias moves to it: a version whose init throws, or that ends with an error or
 * too late, fails the deployment while all traffic stays where it is. The reason names the version and the type of the error.
 *
 * Without it, CloudFormation moves the alias to whatever could be uploaded, and the first users meet the error.
 *
 * The function needs the middleware `warmup`, or a `payload` that it can handle: otherwise its handler runs with the ping.
 * What is deleted or rolled back is not invoked.
 * @see docs/adr/0022-own-code-of-the-constructs.md
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Code } from 'aws-cdk-lib/aws-lambda';
 * import { Prewarm, ResilientFunction } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const charge = new ResilientFunction(stack, 'Charge', {
 *   code: Code.fromInline('exports.handler = async () => ({ statusCode: 204 });'),
 * });
 * new Prewarm(stack, 'Prewarm').add(charge.alias);
 * ```
 */
export class Prewarm extends Construct {
  /** Does it, for all functions that are added. */
  readonly function: ResilientFunction;

  constructor(scope: Construct, id: string, props: PrewarmProps = {}) {
    super(scope, id);
    this.function = new ResilientFunction(this, 'Handler', {
      code: ownCode(this),
      handler: 'index.prewarm',
      memorySize: 256,
      timeout: OWN_TIMEOUT,
      ...(props.logRetention !== undefined && { logRetention: props.logRetention }),
    });
    Validations.of(this.function.function).acknowledge({
      id: 'Serverless::Serverless-LambdaDLQ',
      reason: 'CloudFormation waits for the answer, and fails the deployment where there is none.',
    });
  }

  /**
   * Has the alias wait until the version that it points at has answered.
   * @param alias Of a function of this stack, and of a published version.
   */
  add(alias: Alias, props: PrewarmTargetProps = {}): void {
    const { payload, timeout = Duration.seconds(30) } = props;
    const seconds = timeout.toSeconds();
    if (seconds < 1 || seconds > MAX_TIMEOUT_SECONDS)
      refuse(
        this,
        `expected \`timeout\` from 1 to ${MAX_TIMEOUT_SECONDS} seconds, got ${timeout.toHumanString()}`,
      );
    if (alias.version.version === '$LATEST')
      refuse(
        this,
        `expected the alias ${alias.node.path} to point at a published version, got $LATEST, which changes under it; use \`currentVersion\``,
      );
    if (Stack.of(alias) !== Stack.of(this))
      refuse(this, `expected an alias of this stack, got ${alias.node.path}; make a Prewarm in its stack`);
    const name = Names.nodeUniqueId(alias.node);
    const right = this.#rightTo(name, alias.lambda);
    const resource = new CustomResource(this, name, {
      resourceType: 'Custom::FibrinPrewarm',
      serviceToken: this.function.alias.functionArn,
      serviceTimeout: SERVICE_TIMEOUT,
      properties: {
        Version: alias.version.functionArn,
        TimeoutMs: String(timeout.toMilliseconds()),
        ...(payload && { Payload: Stack.of(this).toJsonString(payload) }),
      },
    });
    resource.node.addDependency(right);
    alias.node.addDependency(resource);
  }

  /**
   * A right for one version would be another with each deployment, and not be everywhere yet when it is needed. A policy for each
   * function: in one for all, whatever an alias waits for would wait for all functions, and they may need that alias.
   */
  #rightTo(name: string, fn: IFunction): Policy {
    const statement = new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: [`${fn.functionArn}:*`],
    });
    const policy = new Policy(this, `${name}Right`, { statements: [statement] });
    this.function.function.role?.attachInlinePolicy(policy);
    const made = madeFunction(fn)?.node.defaultChild as CfnFunction | undefined;
    if (made)
      Validations.of(policy).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${Stack.of(made).resolve(made.logicalId)}.Arn>:*]`,
        reason: 'The versions of one function, whose numbers Lambda gives when they are published.',
      });
    return policy;
  }
}

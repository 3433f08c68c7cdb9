import { Duration, Validations } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  type CfnFunction,
  type EventInvokeConfigOptions,
  type FunctionOptions,
  type FunctionProps,
  type IEventSource,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { TABLE_VARIABLE } from '#core/table-layout';
import { bundledCode } from './bundled-code.ts';
import { functionLog, functionRole } from './function-role.ts';
import { overridden } from './overridden.ts';
import { destinationIn, grantSend } from './queue-access.ts';
import { refuse, refuseBoth } from './refuse.ts';
import { reservedVariable } from './reserved-variable.ts';
import type { ResilientFunctionProps } from './resilient-function-props.ts';

const SOURCE_MAPS = '--enable-source-maps';

type Environment = NonNullable<FunctionOptions['environment']>;

/** What counts for the alias, and the rest of the function's props. */
interface Split {
  readonly ofAlias: EventInvokeConfigOptions;
  readonly events: readonly IEventSource[];
  readonly ofFunction: FunctionOptions;
}

function split({ functionProps = {}, deadLetterQueue }: ResilientFunctionProps): Split {
  const { onFailure, onSuccess, retryAttempts, maxEventAge, events = [], ...ofFunction } = functionProps;
  const failures =
    onFailure ??
    (deadLetterQueue && { bind: (_scope: Construct, fn: IGrantable) => destinationIn(deadLetterQueue, fn) });
  return {
    ofAlias: {
      ...(failures && { onFailure: failures }),
      ...(onSuccess && { onSuccess }),
      ...(retryAttempts !== undefined && { retryAttempts }),
      ...(maxEventAge && { maxEventAge }),
    },
    events,
    ofFunction,
  };
}

/**
 * A function on Node.js 24 and arm64 from a file of your own, reached through the alias `live`: bundled as one small ES module whose
 * stack traces name the lines of your sources, with active tracing, a log as JSON that ends, and a role that may do what it was
 * granted and write its own log, and nothing else.
 *
 * It closes what the CDK leaves open: its role is for one log, not for all; what is said of asynchronous invocations is said of the
 * alias that callers use; the key of a dead-letter queue is granted with the queue.
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { Code } from 'aws-cdk-lib/aws-lambda';
 * import { ResilienceTable, ResilientFunction } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const table = new ResilienceTable(stack, 'Resilience');
 * const charge = new ResilientFunction(stack, 'Charge', {
 *   // Or `entry: 'functions/charge.ts'`.
 *   code: Code.fromInline('exports.handler = async () => ({ statusCode: 204 });'),
 *   resilience: { table, breakers: ['payments'], operations: ['charge'] },
 * });
 * const errors = charge.metricErrors();
 * ```
 */
export class ResilientFunction extends Construct implements IGrantable {
  readonly function: LambdaFunction;
  /** What callers are wired to, so that a deployment can shift traffic. */
  readonly alias: Alias;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: ResilientFunctionProps) {
    super(scope, id);
    this.#check(props);
    const { ofAlias, events, ofFunction } = split(props);
    this.function = this.#newFunction(props, ofFunction);
    this.grantPrincipal = this.function.grantPrincipal;
    if (props.logicalId !== undefined)
      (this.function.node.defaultChild as CfnFunction).overrideLogicalId(props.logicalId);
    this.alias = new Alias(this, 'Live', { aliasName: 'live', version: this.function.currentVersion });
    if (Object.keys(ofAlias).length > 0) this.alias.configureAsyncInvoke(ofAlias);
    for (const source of events) this.alias.addEventSource(source);
    this.#grantOwn(props, ofFunction);
  }

  #check({ entry, code, bundling, deadLetterQueue, functionProps = {} }: ResilientFunctionProps): void {
    refuseBoth(this, { entry, code });
    refuseBoth(this, { bundling, code });
    refuseBoth(this, { deadLetterQueue, 'functionProps.onFailure': functionProps.onFailure });
    if (entry === undefined && code === undefined)
      refuse(this, 'expected `entry` or `code`, got neither; name the file with the handler');
    if (functionProps.logRetention !== undefined)
      refuse(
        this,
        'expected `logRetention`, got `functionProps.logRetention`, which makes another log; move it up',
      );
  }

  #newFunction(props: ResilientFunctionProps, ofFunction: FunctionOptions): LambdaFunction {
    const { entry = '', bundling = {}, resilience } = props;
    const logGroup = ofFunction.logGroup ?? functionLog(this, props.logRetention);
    const defaults: FunctionProps = {
      code: props.code ?? bundledCode(this, entry, bundling),
      handler: props.handler ?? 'index.handler',
      runtime: props.runtime ?? Runtime.NODEJS_24_X,
      architecture: props.architecture ?? Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      timeout: props.timeout ?? Duration.seconds(10),
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      logGroup,
      role: ofFunction.role ?? functionRole(this, logGroup, ofFunction),
    };
    const environment = overridden<Environment>(
      {
        ...(resilience && { [TABLE_VARIABLE]: resilience.table.table.tableName }),
        ...reservedVariable(ofFunction.reservedConcurrentExecutions ?? props.reservedConcurrency),
        ...(props.code === undefined && bundling.sourceMap !== false && { NODE_OPTIONS: SOURCE_MAPS }),
      },
      props.environment,
      ofFunction.environment,
    );
    return new LambdaFunction(this, 'Function', { ...overridden(defaults, ofFunction), environment });
  }

  #grantOwn({ resilience, deadLetterQueue }: ResilientFunctionProps, ofFunction: FunctionOptions): void {
    const { table, breakers = [], operations = [] } = resilience ?? {};
    if (breakers.length > 0) table?.grantBreakers(this, breakers);
    if (operations.length > 0) table?.grantOperations(this, operations);
    if (ofFunction.deadLetterQueue) grantSend(ofFunction.deadLetterQueue, this);
    if (deadLetterQueue)
      Validations.of(this.function).acknowledge({
        id: 'Serverless::Serverless-LambdaDLQ',
        reason:
          'Failed asynchronous invocations go to the on-failure destination of the alias, with the error.',
      });
  }

  /** Lets others call the function, through its alias only. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.alias.grantInvoke(grantee);
  }

  /** How many invocations through the alias failed. */
  metricErrors(options?: MetricOptions): Metric {
    return this.alias.metricErrors(options);
  }

  /** How long invocations through the alias took. */
  metricDuration(options?: MetricOptions): Metric {
    return this.alias.metricDuration(options);
  }

  /** How many invocations through the alias were refused for want of concurrency. */
  metricThrottles(options?: MetricOptions): Metric {
    return this.alias.metricThrottles(options);
  }
}

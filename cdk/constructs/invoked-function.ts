import { Duration, Validations } from 'aws-cdk-lib';
import type { CfnFunction, IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { refuse, refuseBoth } from './refuse.ts';
import type { ResilientFunction } from './resilient-function.ts';

export interface InvokedFunctionProps {
  readonly function?: IFunction;
  readonly resilientFunction?: ResilientFunction;
}

/** Of a function that says nothing else. */
const LAMBDA_TIMEOUT = Duration.seconds(3);

const POLLED =
  'Invoked from a queue or a stream, which keeps what fails: a dead-letter queue of the function stays empty.';

/** The function behind an alias or a version, where this app makes it. Undefined for one that is imported. */
export function madeFunction(fn: IFunction): LambdaFunction | undefined {
  const behind = (fn as { readonly lambda?: IFunction }).lambda ?? fn;
  return 'addEnvironment' in behind ? (behind as LambdaFunction) : undefined;
}

/** What event sources invoke, and the function behind it where this app makes it. */
export class InvokedFunction {
  /** The alias of a resilient function. */
  readonly target: IFunction;
  /** Undefined for a function that is imported. */
  readonly made: LambdaFunction | undefined;

  constructor(scope: Construct, { function: given, resilientFunction }: InvokedFunctionProps) {
    refuseBoth(scope, { function: given, resilientFunction });
    const target = resilientFunction?.alias ?? given;
    if (target === undefined)
      refuse(scope, 'expected `resilientFunction` or `function`, got neither; name what gets the events');
    this.target = target;
    this.made = madeFunction(target);
    if (this.made)
      Validations.of(this.made).acknowledge({ id: 'Serverless::Serverless-LambdaDLQ', reason: POLLED });
  }

  /** Undefined where it cannot be known. */
  get timeout(): Duration | undefined {
    return this.made && (this.made.timeout ?? LAMBDA_TIMEOUT);
  }

  get reservedConcurrency(): number | undefined {
    return (this.made?.node.defaultChild as CfnFunction | undefined)?.reservedConcurrentExecutions;
  }
}

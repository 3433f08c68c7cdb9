import type { Duration } from 'aws-cdk-lib';
import type { Architecture, Code, FunctionOptions, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { BundlingProps } from './bundling-props.ts';
import type { ResilienceTable } from './resilience-table.ts';

/** What a function does with the resilience table. */
export interface FunctionResilience {
  /** Named to the function by the environment variable `FIBRIN_TABLE`, which `dynamoStore()` reads. */
  readonly table: ResilienceTable;
  /** The names of its shared breakers. @default - none */
  readonly breakers?: string[];
  /** The names of its idempotent operations. @default - none */
  readonly operations?: string[];
}

export interface ResilientFunctionProps {
  /**
   * File with the handler, which is bundled by the esbuild of your project. Absolute, or relative to the working directory.
   * @default - `code` is given
   */
  readonly entry?: string;
  /** How `entry` is bundled. @default - minified, with the SDK, with a source map */
  readonly bundling?: BundlingProps;
  /** Code that needs no bundling. @default - `entry` is bundled */
  readonly code?: Code;
  /** @default index.handler */
  readonly handler?: string;
  /** @default Runtime.NODEJS_24_X */
  readonly runtime?: Runtime;
  /** @default Architecture.ARM_64 */
  readonly architecture?: Architecture;
  /**
   * How long an invocation may take. The default leaves room for a call with its retries, and ends before a client of API Gateway
   * has waited its 29 s: so the caller gets an answer of the function's own.
   * @default Duration.seconds(10)
   */
  readonly timeout?: Duration;
  /** In MB. CPU goes with it. @default 512 */
  readonly memorySize?: number;
  /** The most execution environments at once, set aside for this function. @default - shares those of the account */
  readonly reservedConcurrency?: number;
  /** @default - what the construct sets: `FIBRIN_TABLE`, `FIBRIN_RESERVED_CONCURRENCY`, and `NODE_OPTIONS` for source maps */
  readonly environment?: { readonly [name: string]: string };
  /** @default - the function takes no part in breakers and idempotency */
  readonly resilience?: FunctionResilience;
  /** How long its log is kept. @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /** Gets a record of each asynchronous invocation that failed for good: the event and the error. @default - they are lost */
  readonly deadLetterQueue?: IQueue;
  /**
   * Logical id in the template, e.g. for `sam local invoke`. Unique in the stack.
   * @default - the CDK's, which ends with a hash
   */
  readonly logicalId?: string;
  /**
   * Of the function; they win over all that the construct sets, but `environment` is added to. Event sources and what is said of
   * asynchronous invocations go to the alias, since those of the function itself do not count there.
   * @default - none
   */
  readonly functionProps?: FunctionOptions;
}

import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  Alias,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { bundledCode } from './bundled-code.ts';
import type { ResilienceTable, ResilienceUse } from './resilience-table.ts';

export interface ResilientFunctionProps {
  /** File with the handler, relative to the project. */
  readonly entry: string;
  /** How long an invocation may take. */
  readonly timeout: Duration;
  /** @default 512 */
  readonly memorySizeMb?: number;
  /** The most sandboxes there may be at once, set aside for this function. @default - shares the account's */
  readonly reservedConcurrency?: number;
  /** @default - the function takes no part in breakers and idempotency */
  readonly resilience?: { readonly table: ResilienceTable; readonly uses: readonly ResilienceUse[] };
  readonly environment?: { readonly [name: string]: string };
  /** Replaced in the code when it is bundled. @default - nothing */
  readonly define?: { readonly [name: string]: string };
}

/** A function on Node.js 24 and arm64, bundled by esbuild as an ES module, reached through the alias `live`. */
export class ResilientFunction extends Construct {
  readonly function: LambdaFunction;
  /** What callers are wired to, so that a deployment can shift traffic. */
  readonly alias: Alias;

  constructor(scope: Construct, id: string, props: ResilientFunctionProps) {
    super(scope, id);
    this.function = new LambdaFunction(this, 'Function', {
      code: bundledCode(props.entry, props.define),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySizeMb ?? 512,
      timeout: props.timeout,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      loggingFormat: LoggingFormat.JSON,
      logGroup: new LogGroup(this, 'Logs', {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      environment: {
        ...(props.resilience && { FIBRIN_TABLE: props.resilience.table.table.tableName }),
        ...props.environment,
      },
    });
    props.resilience?.table.grantUse(this.function, props.resilience.uses);
    this.alias = new Alias(this, 'Live', { aliasName: 'live', version: this.function.currentVersion });
  }
}

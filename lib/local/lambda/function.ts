import { randomUUID } from 'node:crypto';
import type { FunctionModel } from '../template/functions.ts';
import { ACCOUNT } from '../template/reader.ts';
import type { InvocationResult } from './result.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';

/** How sandboxes behave. May change while they run; a capacity holds for those that start after. */
export interface SandboxSettings {
  /** Whether a sandbox is stopped between invocations, as Lambda does. */
  freeze: boolean;
  /** How many invocations a sandbox takes at once where the template does not say: 1, or more as on Managed Instances. */
  maxConcurrencyPerSandbox: number;
}

export interface FunctionOptions
  extends Pick<SandboxOptions, 'processes' | 'bootstrap' | 'takeTurn' | 'unresolvedNames'> {
  readonly model: FunctionModel;
  readonly region: string;
  /** Default: that of a stack which names none. */
  readonly account?: string;
  /** What the template and the run set, beside what Lambda itself does. */
  readonly environment: Readonly<Record<string, string>>;
  /** The most sandboxes for a function that reserves none. */
  readonly defaultConcurrency: number;
  readonly settings: SandboxSettings;
  readonly onOutput: (line: string) => void;
}

export interface SandboxView {
  readonly pid: number | undefined;
  readonly state: string;
  readonly startedAt: string;
  readonly invocations: number;
  readonly clockOffsetMs: number;
}

export interface FunctionState {
  readonly name: string;
  readonly logicalId: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly sandboxes: readonly SandboxView[];
  readonly invocations: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly throttles: number;
  readonly coldStarts: number;
}

/** A function of the template with its sandboxes. */
export interface LocalFunction {
  readonly model: FunctionModel;
  /** Never rejects: what goes wrong is a result, as on Lambda. */
  invoke(payload: string, requestId?: string): Promise<InvocationResult>;
  /** Starts a sandbox ahead of the first invocation and waits until it is there. */
  warm(): Promise<void>;
  /** The sandboxes as they are now, the most recently used last. */
  sandboxes(): readonly Sandbox[];
  state(): FunctionState;
}

function lambdaEnvironment(model: FunctionModel, region: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: model.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_FUNCTION_NAME: model.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${model.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  };
}

/** Serves invocations with sandboxes: one with room first, then a new one, and above the concurrency none. */
export function localFunction(options: FunctionOptions): LocalFunction {
  const { model, region, account = ACCOUNT, settings } = options;
  const concurrency = model.reservedConcurrency ?? options.defaultConcurrency;
  const functionArn = `arn:aws:lambda:${region}:${account}:function:${model.functionName}`;
  const environment = { ...lambdaEnvironment(model, region), ...options.environment };
  // In the order of their last use. The last one is taken first, as Lambda does, so that the others grow old together.
  const all: Sandbox[] = [];
  const counts = { invocations: 0, errors: 0, timeouts: 0, throttles: 0, coldStarts: 0 };

  const drop = (sandbox: Sandbox) => {
    const index = all.indexOf(sandbox);
    if (index >= 0) all.splice(index, 1);
  };

  const start = (onReady: () => void): Sandbox => {
    counts.coldStarts++;
    const sandbox = startSandbox({
      processes: options.processes,
      bootstrap: options.bootstrap,
      takeTurn: options.takeTurn,
      ...(options.unresolvedNames && { unresolvedNames: options.unresolvedNames }),
      codeFolder: model.codeFolder,
      memoryMb: model.memoryMb,
      timeoutMs: model.timeoutMs,
      environment,
      capacity: model.maxConcurrencyPerSandbox ?? settings.maxConcurrencyPerSandbox,
      freezes: () => settings.freeze,
      onOutput: options.onOutput,
      onFree() {
        drop(sandbox);
        all.push(sandbox);
        onReady();
      },
      onExit() {
        drop(sandbox);
        onReady();
      },
    });
    all.push(sandbox);
    return sandbox;
  };

  return {
    model,
    warm: () => new Promise((resolve) => void start(resolve)),
    sandboxes: () => all,
    async invoke(payload, requestId = randomUUID()) {
      const sandbox =
        all.findLast(({ free }) => free) ?? (all.length < concurrency ? start(() => undefined) : undefined);
      if (sandbox === undefined) {
        counts.throttles++;
        return { kind: 'throttled' };
      }
      counts.invocations++;
      const result = await sandbox.invoke({ requestId, functionArn, payload });
      if (result.kind === 'error') {
        counts.errors++;
        if (result.errorType === 'Sandbox.Timedout') counts.timeouts++;
      }
      return result;
    },
    state: () => ({
      name: model.displayName,
      logicalId: model.logicalId,
      memoryMb: model.memoryMb,
      timeoutMs: model.timeoutMs,
      concurrency,
      sandboxes: all.map(({ pid, state, startedAt, invocations, clockOffsetMs }) => ({
        pid,
        state,
        startedAt: new Date(startedAt).toISOString(),
        invocations,
        clockOffsetMs,
      })),
      ...counts,
    }),
  };
}

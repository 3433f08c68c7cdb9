import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type CancelTimer, systemClock } from '../../core/clock.ts';
import type { FunctionModel } from '../template/functions.ts';
import type { FunctionTarget } from '../template/names.ts';
import { ACCOUNT } from '../template/reader.ts';
import type { InvocationResult } from './result.ts';
import { nodeFlagsOf } from './runtime-rules.ts';
import { type Invocation, type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';

/** How sandboxes behave. May change while they run; a capacity holds for those that start after. */
export interface SandboxSettings {
  /** Whether a sandbox is stopped between invocations, as Lambda does. */
  freeze: boolean;
  /** How many invocations a sandbox takes at once where the template does not say: 1, or more as on Managed Instances. */
  maxConcurrencyPerSandbox: number;
  /** How long a sandbox may do nothing before it ends, from its next rest on. The last one of a function stays. */
  idleMs: number;
}

export interface FunctionOptions
  extends Pick<SandboxOptions, 'processes' | 'bootstrap' | 'code' | 'takeTurn' | 'unresolvedNames'> {
  readonly model: FunctionModel;
  readonly region: string;
  /** Default: that of a stack which names none. */
  readonly account?: string;
  /** What the template and the run set, beside what Lambda itself does. */
  readonly environment: Readonly<Record<string, string>>;
  /** The most sandboxes for a function that reserves none. What comes above it waits: an account has room for more. */
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

/** How one invocation is other than most. */
export interface InvocationOptions
  extends Partial<Pick<Invocation, 'requestId' | 'sink' | 'clientContext' | 'onLine'>> {
  /** The alias by which the function is invoked. It is part of the ARN that the function sees. */
  readonly qualifier?: string | undefined;
}

/** A function of the template with its sandboxes. */
export interface LocalFunction {
  readonly model: FunctionModel;
  /** Never rejects: what goes wrong is a result, as on Lambda. With a sink the answer goes there, and the result has none. */
  invoke(payload: string, options?: InvocationOptions): Promise<InvocationResult>;
  /** Starts a sandbox ahead of the first invocation and waits until it is there. */
  warm(): Promise<void>;
  /** The sandboxes as they are now, the most recently used last. */
  sandboxes(): readonly Sandbox[];
  state(): FunctionState;
}

/** The function that is meant; undefined where it is not there. A caller that names an alias invokes it by that. */
export function functionFor(
  functions: ReadonlyMap<string, LocalFunction>,
  { functionName, qualifier }: FunctionTarget,
): LocalFunction | undefined {
  const fn = functions.get(functionName);
  if (fn === undefined || qualifier === undefined) return fn;
  return { ...fn, invoke: (payload, options) => fn.invoke(payload, { qualifier, ...options }) };
}

/** A folder of the layers, where programs and libraries are looked for too. */
const withLayers = (path: string | undefined, layers: string | undefined, folder: string): string =>
  [path, layers && join(layers, folder)].filter((part) => part).join(':');

function lambdaEnvironment({ model, region, code }: FunctionOptions): Record<string, string> {
  return {
    PATH: withLayers(process.env['PATH'], code.layers, 'bin'),
    ...(code.layers && { LD_LIBRARY_PATH: withLayers(undefined, code.layers, 'lib') }),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: model.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_EXECUTION_ENV: `AWS_Lambda_${model.runtime}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_FUNCTION_NAME: model.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${model.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  };
}

/** What Lambda sets, then what the template and the run set. */
function environmentOf(options: FunctionOptions): Record<string, string> {
  const environment = { ...lambdaEnvironment(options), ...options.environment };
  const { NODE_OPTIONS: nodeOptions } = environment as { NODE_OPTIONS?: string };
  const { layers } = options.code;
  // Node reads these before anything could stand for `/opt`.
  if (layers && nodeOptions)
    return { ...environment, NODE_OPTIONS: nodeOptions.replaceAll(/(?<=^|[\s=])\/opt\//g, `${layers}/`) };
  return environment;
}

/** What an account's functions that reserve nothing may do at once. */
const ACCOUNT_CONCURRENCY = 1_000;

interface Waiting {
  readonly invocation: Invocation;
  readonly settle: (result: InvocationResult) => void;
}

/**
 * Serves invocations with sandboxes: with one that is free, else with the first that becomes so, and it starts one where too
 * few are about to be. Above the concurrency that it has reserved, and where Managed Instances have no capacity, it throttles.
 */
export function localFunction(options: FunctionOptions): LocalFunction {
  const { model, region, account = ACCOUNT, settings } = options;
  const concurrency = model.reservedConcurrency ?? options.defaultConcurrency;
  const functionArn = `arn:aws:lambda:${region}:${account}:function:${model.functionName}`;
  const environment = environmentOf(options);
  const nodeFlags = nodeFlagsOf(model.runtime, environment['NODE_OPTIONS']);
  // In the order of their last use. The last one is taken first, as Lambda does, so that the others grow old together.
  const all: Sandbox[] = [];
  const queue: Waiting[] = [];
  const counts = { invocations: 0, errors: 0, timeouts: 0, throttles: 0, coldStarts: 0 };

  const drop = (sandbox: Sandbox) => {
    const index = all.indexOf(sandbox);
    if (index >= 0) all.splice(index, 1);
  };
  const living = () => all.filter(({ lives }) => lives).length;
  const coming = () => all.reduce((sum, sandbox) => sum + sandbox.coming, 0);

  const start = (isWanted: () => boolean, onReady: () => void = () => undefined): Sandbox => {
    let cancelIdle: CancelTimer = () => undefined;
    const rest = () => {
      cancelIdle();
      cancelIdle = systemClock.after(settings.idleMs, () => {
        if (sandbox.free && living() > 1) sandbox.kill();
      });
    };
    const sandbox = startSandbox({
      processes: options.processes,
      bootstrap: options.bootstrap,
      takeTurn: options.takeTurn,
      ...(options.unresolvedNames && { unresolvedNames: options.unresolvedNames }),
      code: options.code,
      nodeFlags,
      memoryMb: model.memoryMb,
      timeoutMs: model.timeoutMs,
      environment,
      capacity: capacity(),
      freezes: () => settings.freeze,
      onOutput: options.onOutput,
      isWanted() {
        const wanted = isWanted();
        if (wanted) counts.coldStarts++;
        return wanted;
      },
      onChange() {
        drop(sandbox);
        all.push(sandbox);
        serve();
        rest();
        onReady();
      },
      onExit(why) {
        cancelIdle();
        drop(sandbox);
        if (why) giveUp(why);
        serve();
        onReady();
      },
    });
    all.push(sandbox);
    return sandbox;
  };

  /** Gives what waits to who is free, and starts sandboxes for what is left, unless they are on their way. */
  const serve = () => {
    for (let sandbox = firstFree(); sandbox && queue.length > 0; sandbox = firstFree()) {
      const { invocation, settle } = queue.shift() as Waiting;
      void sandbox.invoke(invocation).then(settle);
    }
    while (queue.length > coming() && living() < concurrency) start(() => queue.length > 0);
  };
  const capacity = () => model.maxConcurrencyPerSandbox ?? settings.maxConcurrencyPerSandbox;
  const hasRoom = () =>
    queue.length < coming() ||
    living() < concurrency ||
    firstFree() !== undefined ||
    (model.reservedConcurrency === undefined && capacity() === 1 && queue.length < ACCOUNT_CONCURRENCY);
  const firstFree = () => {
    const sandbox = all.findLast(({ free, awaited }) => free || awaited);
    return sandbox?.free ? sandbox : undefined;
  };

  /** A sandbox did not start: those who waited for it longest learn why. */
  const giveUp = (why: (requestId: string) => InvocationResult) => {
    while (queue.length > coming()) {
      const { invocation, settle } = queue.shift() as Waiting;
      settle(why(invocation.requestId));
    }
  };

  const run = (invocation: Invocation) =>
    new Promise<InvocationResult>((settle) => {
      queue.push({ invocation, settle });
      serve();
    });

  return {
    model,
    // A function that reserves nothing at all is never run.
    warm: () => new Promise((resolve) => (concurrency === 0 ? resolve() : void start(() => true, resolve))),
    sandboxes: () => all,
    async invoke(payload, { qualifier, ...options } = {}) {
      if (!hasRoom()) {
        counts.throttles++;
        return { kind: 'throttled' };
      }
      counts.invocations++;
      const arn = qualifier === undefined ? functionArn : `${functionArn}:${qualifier}`;
      const result = await run({ requestId: randomUUID(), functionArn: arn, payload, ...options });
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

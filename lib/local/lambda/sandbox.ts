import type { ChildProcess } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { type CancelTimer, sleep, systemClock } from '../../core/clock.ts';
import type { Processes } from '../processes.ts';
import { initFailureLines } from './init-failure.ts';
import { type AnswerSink, failure, type InvocationResult } from './result.ts';
import { startRuntimeApi } from './runtime-api.ts';
import type { TakeTurn } from './semaphore.ts';

export interface SandboxOptions {
  readonly processes: Processes;
  /** The bootstrap as a file that Node runs without further ado. */
  readonly bootstrap: string;
  readonly code: PlacedCode;
  /** Node's options, before the bootstrap. */
  readonly nodeFlags: readonly string[];
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  /** For what its start costs this machine's processors. On Lambda each has processors of its own. */
  readonly takeTurn: TakeTurn;
  /** Asked when its turn has come: whether it is still wanted. */
  readonly isWanted: () => boolean;
  /** The host names that do not resolve in the invocation that begins now. Default: none. */
  readonly unresolvedNames?: () => readonly string[];
  /**
   * How many invocations it serves at once. Above 1 it is one of Managed Instances, with one worker thread: it never
   * freezes, and its timeout ends the wait for an invocation instead of the sandbox.
   * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html
   */
  readonly capacity: number;
  /** Whether it is stopped between invocations, as Lambda does. */
  readonly freezes: () => boolean;
  readonly onOutput: (line: string) => void;
  /** The sandbox can take an invocation (again), or will not for a while although it was expected to. */
  readonly onChange: () => void;
  /** The sandbox is gone. `why` is what becomes of an invocation that waited for it to start. */
  readonly onExit: (why?: (requestId: string) => InvocationResult) => void;
}

/** Where a sandbox finds its code. */
export interface PlacedCode {
  readonly taskRoot: string;
  /** The folder that stands for `/opt`, where the function has layers. */
  readonly layers?: string;
  /** `NODE_PATH`. */
  readonly modulePaths: string;
}

export interface Invocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: string;
  /** Where the answer goes while it is written; it is collected where there is none. */
  readonly sink?: AnswerSink;
  /** JSON that the caller has for the function beside the payload. */
  readonly clientContext?: string;
  /** Gets what the function prints until it has answered. */
  readonly onLine?: (line: string) => void;
}

export type SandboxState = 'init' | 'idle' | 'frozen' | 'busy' | 'gone';

/** One copy of a function: a process that serves invocations and lives on between them. */
export interface Sandbox {
  readonly pid: number | undefined;
  readonly state: SandboxState;
  readonly startedAt: number;
  readonly invocations: number;
  /** Whether it takes an invocation now. */
  readonly free: boolean;
  /** How many invocations it will soon have room for, beside the one that it would take now. */
  readonly coming: number;
  /** Whether it will have asked for another invocation, beside those that run, in a moment: it is no use to pass it over. */
  readonly awaited: boolean;
  /** Whether it counts as one of the function's. One that is being killed does not. */
  readonly lives: boolean;
  /** How far its clock is ahead, in milliseconds. Takes effect with the next invocation. */
  clockOffsetMs: number;
  /** Gives it an invocation. It must be free. */
  invoke(invocation: Invocation): Promise<InvocationResult>;
  /** Stops it, whatever it is doing. An invocation lets it go on, if none is under way. */
  freeze(): void;
  /** Lets it run, if it is frozen, until its next invocation has ended. */
  thaw(): void;
  /** Ends it, whatever it is doing. It takes nothing more. */
  kill(): void;
}

/** How long the code outside the handler may take, as on Lambda and, where it may be longer, on Managed Instances. */
const INIT_LIMIT_MS = 10_000;
const MANAGED_INIT_LIMIT_MS = 130_000;
/** A start that takes longer waits for something else than a processor. */
const TURN_LIMIT_MS = 300;
/** One that has answered and asks for nothing for longer, and for longer than it took to start, is busy with something else. */
const MIN_SETTLE_LIMIT_MS = 100;
/** What a function printed before it answered is read a little later than the answer. */
const LAST_LINES_MS = 20;

/** A header holds no more than ASCII; JSON has another way to write the rest. */
const inAscii = (json: string): string =>
  json.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

interface Pending {
  readonly invocation: Invocation;
  readonly settle: (result: InvocationResult) => void;
  cancelTimer: CancelTimer;
}

/** Starts a sandbox. */
export function startSandbox(options: SandboxOptions): Sandbox {
  const { capacity, processes, timeoutMs } = options;
  const isManaged = capacity > 1;
  const initLimitMs = isManaged ? Math.max(MANAGED_INIT_LIMIT_MS, timeoutMs) : INIT_LIMIT_MS;
  const running = new Map<string, Pending>();
  const polls: ServerResponse[] = [];
  const listeners = new Set<(line: string) => void>();
  let phase: 'init' | 'serving' | 'gone' = 'init';
  let frozen = false;
  let doomed = false;
  let settling: 'no' | 'yes' | 'late' = 'no';
  let settleLimitMs = MIN_SETTLE_LIMIT_MS;
  let child: ChildProcess | undefined;
  let invocations = 0;

  const lives = () => phase !== 'gone' && !doomed;
  const room = () => capacity - running.size;
  const free = () => lives() && polls.length > 0 && room() > 0;
  const coming = () => {
    if (!lives() || settling === 'late') return 0;
    return phase === 'init' ? capacity : Math.max(0, room() - polls.length);
  };

  const thaw = () => {
    if (frozen && child) processes.signal(child, 'SIGCONT');
    frozen = false;
  };
  const freeze = () => {
    if (!frozen && child) processes.signal(child, 'SIGSTOP');
    frozen = true;
  };
  const freezeWhenIdle = () => {
    if (!isManaged && running.size === 0 && polls.length > 0 && options.freezes()) freeze();
  };
  const kill = () => {
    doomed = true;
    if (child) processes.kill(child);
  };

  let cancelSettling: CancelTimer = () => undefined;
  /** What it has room for, it should ask for soon: by then another one would have started. */
  const settle = () => {
    cancelSettling();
    settling = room() > 0 && polls.length === 0 ? 'yes' : 'no';
    if (settling === 'no') return;
    cancelSettling = systemClock.after(settleLimitMs, () => {
      settling = 'late';
      options.onChange();
    });
  };

  /** Ends whatever this sandbox owes an answer to. It takes nothing more. */
  const fail = (why: (requestId: string) => InvocationResult) => {
    const failedInit = phase === 'init';
    phase = 'gone';
    endInit();
    cancelSettling();
    cancelRest();
    for (const { cancelTimer, invocation, settle: settleWith } of running.values()) {
      cancelTimer();
      settleWith(why(invocation.requestId));
    }
    running.clear();
    if (failedInit) for (const line of initFailureLines(why(''))) options.onOutput(line);
    options.onExit(failedInit ? why : undefined);
  };
  let endInit = () => {};
  const beginInit = (endTurn: () => void) => {
    const beganAt = systemClock.monotonic();
    const cancelTurn = systemClock.after(TURN_LIMIT_MS, endTurn);
    const cancelLimit = systemClock.after(initLimitMs, () => {
      fail(() => failure('Sandbox.Timedout', `Init timed out after ${initLimitMs / 1_000} s`));
      kill();
    });
    endInit = () => {
      settleLimitMs = Math.max(MIN_SETTLE_LIMIT_MS, systemClock.monotonic() - beganAt);
      cancelTurn();
      cancelLimit();
      endTurn();
    };
  };

  /** What it does between its answer and its next request still counts against the timeout of the invocation. */
  let cancelRest: CancelTimer = () => undefined;
  const limit = (pending: Pending): CancelTimer =>
    systemClock.after(timeoutMs, () => {
      const { requestId } = pending.invocation;
      const seconds = (timeoutMs / 1_000).toFixed(2);
      const text = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
      const timedOut = failure('Sandbox.Timedout', text);
      if (isManaged) {
        // It waits no longer for the invocation, which may go on: what comes of it reaches no caller.
        running.delete(requestId);
        return pending.settle(timedOut);
      }
      fail(() => timedOut);
      kill();
    });

  const print = (line: string) => {
    options.onOutput(line);
    for (const listener of listeners) listener(line);
  };
  const invoke = (invocation: Invocation) =>
    new Promise<InvocationResult>((settleWith) => {
      const pending: Pending = { invocation, settle: settleWith, cancelTimer: () => undefined };
      if (running.size === 0) thaw();
      running.set(invocation.requestId, pending);
      invocations++;
      pending.cancelTimer = limit(pending);
      give(pending.invocation, polls.shift());
      settle();
    });
  const invokeHeard = async (invocation: Invocation, onLine: (line: string) => void) => {
    listeners.add(onLine);
    const result = await invoke(invocation);
    await sleep(systemClock, LAST_LINES_MS);
    listeners.delete(onLine);
    return result;
  };

  const sandbox: Sandbox = {
    startedAt: systemClock.now(),
    clockOffsetMs: 0,
    get pid() {
      return child?.pid;
    },
    get state() {
      if (phase !== 'serving') return phase;
      if (frozen) return 'frozen';
      return running.size > 0 ? 'busy' : 'idle';
    },
    get invocations() {
      return invocations;
    },
    get free() {
      return free();
    },
    get coming() {
      return coming();
    },
    get awaited() {
      return isManaged && phase === 'serving' && coming() > 0;
    },
    get lives() {
      return lives();
    },
    invoke: (invocation) =>
      invocation.onLine ? invokeHeard(invocation, invocation.onLine) : invoke(invocation),
    freeze,
    thaw,
    kill,
  };

  const give = (invocation: Invocation, poll: ServerResponse | undefined) => {
    const { requestId, functionArn, payload, clientContext } = invocation;
    const deadline = systemClock.now() + sandbox.clockOffsetMs + timeoutMs;
    const trace = requestId.replaceAll('-', '').slice(0, 24);
    poll?.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(deadline),
      'lambda-runtime-invoked-function-arn': functionArn,
      ...(clientContext !== undefined && { 'lambda-runtime-client-context': inAscii(clientContext) }),
      'lambda-runtime-trace-id': `Root=1-${Math.floor(deadline / 1_000).toString(16)}-${trace};Sampled=0`,
      'x-fibrin-clock-offset-ms': String(sandbox.clockOffsetMs),
      'x-fibrin-unresolved': options.unresolvedNames?.().join(',') ?? '',
    });
    poll?.end(payload);
  };

  const api = startRuntimeApi({
    next(response) {
      cancelRest();
      polls.push(response);
      if (phase === 'init') {
        endInit();
        phase = 'serving';
      }
      settle();
      options.onChange();
      freezeWhenIdle();
    },
    sinkOf: (requestId) => running.get(requestId)?.invocation.sink,
    outcome(requestId, { errorType, payload }) {
      const pending = running.get(requestId);
      if (pending === undefined) return false;
      running.delete(requestId);
      if (isManaged) pending.cancelTimer();
      else cancelRest = pending.cancelTimer;
      settle();
      pending.settle(
        errorType === undefined ? { kind: 'success', payload } : { kind: 'error', errorType, payload },
      );
      return true;
    },
    initError(errorType, payload) {
      if (phase !== 'init') return false;
      fail(() => ({ kind: 'error', errorType, payload }));
      kill();
      return true;
    },
  });

  const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
    const cause = signal ? `signal: ${signal === 'SIGKILL' ? 'killed' : signal}` : `exit status ${code}`;
    api.close();
    if (phase === 'gone') return;
    fail((id) => failure('Runtime.ExitError', `RequestId: ${id} Error: Runtime exited with error: ${cause}`));
  };

  const start = (address: string, endTurn: () => void) => {
    beginInit(endTurn);
    if (phase === 'gone' || doomed) return onExit(null, 'SIGKILL');
    if (!options.isWanted()) {
      phase = 'gone';
      endInit();
      api.close();
      return options.onExit();
    }
    // Lambda leaves the heap a little less than the memory that the function has.
    const heapMb = Math.max(64, Math.floor(options.memoryMb * 0.9));
    const { taskRoot, layers, modulePaths } = options.code;
    const flags = [`--max-old-space-size=${heapMb}`, ...options.nodeFlags];
    child = processes.start(process.execPath, [...flags, options.bootstrap], {
      cwd: taskRoot,
      env: {
        NODE_PATH: modulePaths,
        ...options.environment,
        LAMBDA_TASK_ROOT: taskRoot,
        ...(layers && { FIBRIN_LAYERS: layers }),
        AWS_LAMBDA_RUNTIME_API: address,
        ...(isManaged && {
          AWS_LAMBDA_MAX_CONCURRENCY: String(capacity),
          AWS_LAMBDA_INITIALIZATION_TYPE: 'lambda-managed-instances',
        }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', print);
    }
    child.once('error', (error) => {
      options.onOutput(`the sandbox did not start: ${error.message}`);
      onExit(1, null);
    });
    child.once('exit', onExit);
  };
  // Nothing is started any more while the run ends: an invocation that comes then fails as if its sandbox had died.
  void api.address
    .then(async (address) => start(address, await options.takeTurn()))
    .catch(() => onExit(null, 'SIGKILL'));

  return sandbox;
}

import type { ChildProcess } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { createInterface } from 'node:readline';
import { type CancelTimer, systemClock } from '../../core/clock.ts';
import type { Processes } from '../processes.ts';
import { type AnswerSink, failure, type InvocationResult } from './result.ts';
import { startRuntimeApi } from './runtime-api.ts';
import type { TakeTurn } from './turns.ts';

export interface SandboxOptions {
  readonly processes: Processes;
  /** The bootstrap as a file that Node runs without further ado. */
  readonly bootstrap: string;
  readonly codeFolder: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  /** For what its start costs this machine's processors. On Lambda each has processors of its own. */
  readonly takeTurn: TakeTurn;
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
  /** The sandbox can take an invocation (again). */
  readonly onFree: () => void;
  /** The sandbox is gone, for whatever reason. */
  readonly onExit: () => void;
}

export interface Invocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: string;
  /** Where the answer goes while it is written; it is collected where there is none. */
  readonly sink?: AnswerSink;
}

export type SandboxState = 'init' | 'idle' | 'frozen' | 'busy' | 'gone';

/** One copy of a function: a process that serves invocations and lives on between them. */
export interface Sandbox {
  readonly pid: number | undefined;
  readonly state: SandboxState;
  readonly startedAt: number;
  readonly invocations: number;
  /** Whether it has room for an invocation, be it as soon as it has started. */
  readonly free: boolean;
  /** How far its clock is ahead, in milliseconds. Takes effect with the next invocation. */
  clockOffsetMs: number;
  /** Gives it an invocation: at once, or as soon as it asks for one. */
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
const TURN_LIMIT_MS = 1_000;

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
  /** Given to it, and not asked for yet. */
  const waiting: Pending[] = [];
  const running = new Map<string, Pending>();
  const polls: ServerResponse[] = [];
  let phase: 'init' | 'serving' | 'gone' = 'init';
  let frozen = false;
  let doomed = false;
  let child: ChildProcess | undefined;
  let invocations = 0;

  const owed = () => [...waiting, ...running.values()];
  const free = () => phase !== 'gone' && !doomed && owed().length < capacity;

  const thaw = () => {
    if (frozen && child) processes.signal(child, 'SIGCONT');
    frozen = false;
  };
  const freeze = () => {
    if (!frozen && child) processes.signal(child, 'SIGSTOP');
    frozen = true;
  };
  const freezeWhenIdle = () => {
    if (!isManaged && owed().length === 0 && polls.length > 0 && options.freezes()) freeze();
  };
  const kill = () => {
    doomed = true;
    if (child) processes.kill(child);
  };

  /** Ends whatever this sandbox owes an answer to. It takes nothing more. */
  const fail = (why: (requestId: string) => InvocationResult) => {
    phase = 'gone';
    endInit();
    const left = owed();
    waiting.length = 0;
    running.clear();
    for (const { cancelTimer, invocation, settle } of left) {
      cancelTimer();
      settle(why(invocation.requestId));
    }
  };
  let endInit = () => {};
  const beginInit = (endTurn: () => void) => {
    const cancelTurn = systemClock.after(TURN_LIMIT_MS, endTurn);
    const cancelLimit = systemClock.after(initLimitMs, () => {
      fail(() => failure('Sandbox.Timedout', `Init timed out after ${initLimitMs / 1_000} s`));
      kill();
    });
    endInit = () => {
      cancelTurn();
      cancelLimit();
      endTurn();
    };
  };

  /** Waits no longer for an invocation, which may go on: what comes of it is told to nobody. */
  const abandon = (pending: Pending, why: InvocationResult) => {
    running.delete(pending.invocation.requestId);
    if (waiting.includes(pending)) waiting.splice(waiting.indexOf(pending), 1);
    pending.settle(why);
  };
  const limit = (pending: Pending): CancelTimer =>
    systemClock.after(timeoutMs, () => {
      const seconds = (timeoutMs / 1_000).toFixed(2);
      const text = `RequestId: ${pending.invocation.requestId} Error: Task timed out after ${seconds} seconds`;
      const timedOut = failure('Sandbox.Timedout', text);
      if (isManaged) return abandon(pending, timedOut);
      fail(() => timedOut);
      kill();
    });

  const sandbox: Sandbox = {
    startedAt: systemClock.now(),
    clockOffsetMs: 0,
    get pid() {
      return child?.pid;
    },
    get state() {
      if (phase !== 'serving') return phase;
      if (frozen) return 'frozen';
      return owed().length > 0 ? 'busy' : 'idle';
    },
    get invocations() {
      return invocations;
    },
    get free() {
      return free();
    },
    invoke(invocation) {
      return new Promise((settle) => {
        const pending: Pending = { invocation, settle, cancelTimer: () => undefined };
        // While it starts, the limit on its start counts.
        if (phase !== 'init') pending.cancelTimer = limit(pending);
        waiting.push(pending);
        deliver();
      });
    },
    freeze,
    thaw,
    kill,
  };

  const deliver = () => {
    while (waiting.length > 0 && polls.length > 0) {
      const pending = waiting.shift();
      const poll = polls.shift();
      if (pending === undefined || poll === undefined) return;
      const { requestId, functionArn, payload } = pending.invocation;
      if (running.size === 0) thaw();
      running.set(requestId, pending);
      invocations++;
      pending.cancelTimer();
      pending.cancelTimer = limit(pending);
      const deadline = systemClock.now() + sandbox.clockOffsetMs + timeoutMs;
      const trace = requestId.replaceAll('-', '').slice(0, 24);
      poll.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(deadline),
        'lambda-runtime-invoked-function-arn': functionArn,
        'lambda-runtime-trace-id': `Root=1-${Math.floor(deadline / 1_000).toString(16)}-${trace};Sampled=0`,
        'x-fibrin-clock-offset-ms': String(sandbox.clockOffsetMs),
        'x-fibrin-unresolved': options.unresolvedNames?.().join(',') ?? '',
      });
      poll.end(payload);
    }
  };

  const api = startRuntimeApi({
    next(response) {
      polls.push(response);
      if (phase === 'init') {
        endInit();
        phase = 'serving';
        if (waiting.length === 0) options.onFree();
      }
      deliver();
      freezeWhenIdle();
    },
    sinkOf: (requestId) => running.get(requestId)?.invocation.sink,
    outcome(requestId, { errorType, payload }) {
      const pending = running.get(requestId);
      if (pending === undefined) return false;
      running.delete(requestId);
      pending.cancelTimer();
      // From its answer on it takes the next invocation, which it gets when it asks for one.
      options.onFree();
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
    const how = signal ? `signal: ${signal === 'SIGKILL' ? 'killed' : signal}` : `exit status ${code}`;
    fail((id) => failure('Runtime.ExitError', `RequestId: ${id} Error: Runtime exited with error: ${how}`));
    api.close();
    options.onExit();
  };

  const start = (address: string, endTurn: () => void) => {
    beginInit(endTurn);
    if (phase === 'gone' || doomed) return onExit(null, 'SIGKILL');
    // Lambda leaves the heap a little less than the memory that the function has.
    const heapMb = Math.max(64, Math.floor(options.memoryMb * 0.9));
    child = processes.start(process.execPath, [`--max-old-space-size=${heapMb}`, options.bootstrap], {
      cwd: options.codeFolder,
      env: {
        ...options.environment,
        LAMBDA_TASK_ROOT: options.codeFolder,
        AWS_LAMBDA_RUNTIME_API: address,
        ...(isManaged && {
          AWS_LAMBDA_MAX_CONCURRENCY: String(capacity),
          AWS_LAMBDA_INITIALIZATION_TYPE: 'lambda-managed-instances',
        }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', options.onOutput);
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

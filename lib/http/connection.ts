import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { elapsedMs, type Moment, momentOf } from '../core/moment.ts';

/** Taken off the idle time that a service announces, for the way of its response. Node's agent takes off as much. */
const ANNOUNCED_MARGIN_MS = 1_000;
/** Where a service announces nothing. undici's default; servers close idle connections after 5 s (Node) to 75 s (nginx). */
const UNANNOUNCED_IDLE_MS = 4_000;

interface Idle {
  readonly clock: Clock;
  readonly since: Moment;
  /** How long the service keeps it open, less the margin. Undefined where it does not say. */
  readonly limitMs: number | undefined;
}

const idleConnections = new WeakMap<Socket, Idle>();

/** Taken when the module loads: under the fake timers of a test runner, a turn of the event loop is still one. */
const { setImmediate: nextTurn } = globalThis;

/**
 * Lets the event loop poll once, so that an end or a reset that has arrived is seen. The first turn may still belong to the
 * poll that is running.
 */
const poll = (): Promise<void> => new Promise((resolve) => nextTurn(() => nextTurn(resolve)));

/** The connection that a request was given, before anything is written to it. */
export class Connection {
  /** Whether it has served another request. Node's `reusedSocket` is not set where one request follows at once. */
  readonly isReused: boolean;
  readonly #socket: Socket;
  readonly #agent: Agent;
  /** The agent's name for the host and the options of the connection. */
  readonly #place: string;
  readonly #bytesBefore: number;

  constructor(socket: Socket, agent: Agent) {
    this.#socket = socket;
    this.#agent = agent;
    this.#bytesBefore = socket.bytesRead;
    this.isReused = socket.bytesRead > 0;
    const { sockets = {} } = agent;
    this.#place = Object.keys(sockets).find((name) => sockets[name]?.includes(socket)) ?? '';
  }

  /** Whether nothing has come over it since. */
  get isSilent(): boolean {
    return this.#socket.bytesRead === this.#bytesBefore;
  }

  /**
   * Whether a request may be written to it. Not when the service has closed it, is about to, or has sent a response to no
   * request.
   * @param repeatable Whether the request may be sent again, should the service close it at this moment.
   */
  async isUsable(repeatable: boolean): Promise<boolean> {
    if (!this.isReused) return true;
    if (this.#hasExpired(repeatable)) return false;
    await poll();
    const { readableEnded, writable } = this.#socket;
    return writable && !readableEnded && this.isSilent;
  }

  /** Remembers when the response ended, and what its `Keep-Alive` header announces. */
  noteIdle(keepAlive: unknown, clock: Clock): void {
    const announced = /\btimeout=(\d{1,9})/i.exec(String(keepAlive))?.[1];
    idleConnections.set(this.#socket, {
      clock,
      since: momentOf(clock),
      limitMs: announced === undefined ? undefined : Number(announced) * 1_000 - ANNOUNCED_MARGIN_MS,
    });
  }

  /** Closes the idle connections to the same place. */
  closeIdle(): void {
    for (const idle of this.#agent.freeSockets?.[this.#place] ?? []) idle.destroy();
  }

  /** A timer would be late: after a freeze a request is made before timers run. */
  #hasExpired(repeatable: boolean): boolean {
    const idle = idleConnections.get(this.#socket);
    if (idle === undefined) return false;
    const { limitMs = repeatable ? Number.POSITIVE_INFINITY : UNANNOUNCED_IDLE_MS } = idle;
    return elapsedMs(idle.clock, idle.since) >= limitMs;
  }
}

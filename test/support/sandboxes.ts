import { expect } from 'vitest';
import { type Api, bodyOf } from './api.ts';

interface SandboxState {
  readonly function: string;
  readonly pid?: number;
  readonly state: string;
  readonly invocations: number;
}

interface SandboxList {
  readonly sandboxes: readonly SandboxState[];
}

/** The sandboxes of one function of a local run, and what is done to them. */
export interface Sandboxes {
  list(): Promise<readonly SandboxState[]>;
  change(pid: number | undefined, change: { frozen?: boolean; clockOffsetMs?: number }): Promise<void>;
  /** Has at least so many, and gives their processes. */
  start(count: number, request: () => Promise<unknown>): Promise<readonly number[]>;
  /**
   * Ends every sandbox, and with them the clocks that were put ahead. One that is still to start has no process yet: it may be
   * one that takes several requests at once and outlives their timeout.
   */
  killAll(): Promise<void>;
  /** Waits for one to be busy, and gives its process. */
  busy(): Promise<number | undefined>;
  /**
   * Sends so many requests at once, and looks at the sandboxes until all of them are answered.
   * @returns the answers, and how long after its start each sandbox has given its first one.
   */
  firstAnswers(count: number, at: FirstAnswersOf): Promise<FirstAnswers>;
}

interface FirstAnswersOf {
  readonly request: () => Promise<number>;
  /** Called when each request has a sandbox of its own. */
  readonly onceAllAreBusy: () => Promise<unknown>;
}

interface FirstAnswers {
  readonly statuses: readonly number[];
  readonly firstAnswersMs: readonly number[];
  /** How long it took until each request had a sandbox of its own. */
  readonly busyAfterMs: number;
}

/** What takes longer fails, and need not be waited for. */
const LIMIT_MS = 10_000;

export function sandboxesIn(api: Api, name: string): Sandboxes {
  const list = async () => {
    const { sandboxes } = await bodyOf<SandboxList>(await api.get('/_fibrin/sandboxes'));
    return sandboxes.filter((sandbox) => sandbox.function === name);
  };
  const send = (method: string, pid: number | undefined, body?: object) =>
    api.get(`/_fibrin/sandboxes/${pid}`, { method, ...(body && { body: JSON.stringify(body) }) });
  const pids = async () => (await list()).flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  return {
    list,
    async change(pid, change) {
      expect((await send('PUT', pid, change)).status).toBeLessThan(300);
    },
    async start(count, request) {
      const some = async () => {
        await Promise.all(Array.from({ length: count }, request));
        return (await pids()).length;
      };
      await expect.poll(some).toBeGreaterThanOrEqual(count);
      return pids();
    },
    async killAll() {
      const leftAfterKilling = async () => {
        const all = await list();
        for (const { pid } of all) if (pid !== undefined) await send('DELETE', pid);
        return all;
      };
      await expect.poll(leftAfterKilling, { interval: 5 }).toEqual([]);
    },
    async busy() {
      let busy: number | undefined;
      const find = async () => {
        busy = (await list()).find(({ state }) => state === 'busy')?.pid;
        return busy;
      };
      await expect.poll(find, { interval: 1 }).toBeDefined();
      return busy;
    },
    async firstAnswers(count, { request, onceAllAreBusy }) {
      const startedAt = new Map<number, number>();
      const firstAnswersMs = new Map<number, number>();
      const look = async () => {
        const all = await list();
        const now = performance.now();
        for (const { pid, state, invocations } of all) {
          if (pid === undefined) continue;
          const start = startedAt.get(pid) ?? now;
          startedAt.set(pid, start);
          const hasAnswered = invocations > 1 || (invocations === 1 && state !== 'busy');
          if (hasAnswered && !firstAnswersMs.has(pid)) firstAnswersMs.set(pid, now - start);
        }
        return all.filter(({ state }) => state === 'busy').length;
      };
      const sentAt = performance.now();
      const answers = Promise.all(Array.from({ length: count }, request));
      await expect.poll(look, { interval: 20, timeout: LIMIT_MS }).toBe(count);
      const busyAfterMs = performance.now() - sentAt;
      await onceAllAreBusy();
      await expect
        .poll(
          async () => {
            await look();
            return firstAnswersMs.size;
          },
          { interval: 20, timeout: LIMIT_MS },
        )
        .toBe(count);
      return { statuses: await answers, firstAnswersMs: [...firstAnswersMs.values()], busyAfterMs };
    },
  };
}

/** Sets how many requests an environment takes at once, and ends those that are there. */
export async function setCapacityOf(
  api: Api,
  sandboxes: Sandboxes,
  maxConcurrencyPerSandbox: number,
): Promise<void> {
  await api.get('/_fibrin/sandboxes', { method: 'PUT', body: JSON.stringify({ maxConcurrencyPerSandbox }) });
  await sandboxes.killAll();
}

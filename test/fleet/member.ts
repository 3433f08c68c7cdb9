import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../lib/core/clock.ts';
import { runWithin } from '../../lib/core/time-limit.ts';
import type { Processes } from '../../lib/local/processes.ts';
import type { Order, Said, Summary, Told } from './order.ts';

/** One that takes longer has found a defect of this test. */
const LIMIT_MS = 120_000;

type Word = 'ready' | 'refused' | 'through';

/** A process of the fleet. */
export interface Member {
  readonly id: number;
  tell(told: Told): void;
  /** Comes when it says so, or has said so already. */
  said(word: Word): Promise<void>;
  summary(): Promise<Summary>;
  freeze(): void;
  thaw(): void;
}

export function startMember(processes: Processes, bundle: string, order: Order): Member {
  const child = processes.start(process.execPath, [bundle, JSON.stringify(order)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: dirname(bundle) },
  });
  const complaint = child.stderr ? text(child.stderr) : Promise.resolve('');
  const words = {
    ready: Promise.withResolvers<Said>(),
    refused: Promise.withResolvers<Said>(),
    through: Promise.withResolvers<Said>(),
    summary: Promise.withResolvers<Said>(),
  };
  const ended = Promise.withResolvers<never>();
  // Nobody may be waiting for anything.
  ended.promise.catch(() => undefined);
  child.on('message', (said: Said) => words[typeof said === 'string' ? said : 'summary'].resolve(said));
  child.once('close', (code, signal) => {
    const end = (why: string) =>
      ended.reject(new Error(`process ${order.id} ended with ${code ?? signal}: ${why}`));
    void complaint.then(end);
  });
  const hear = (word: keyof typeof words): Promise<Said> => {
    const exceeded = () => new Error(`process ${order.id} did not say "${word}" in ${LIMIT_MS} ms`);
    return runWithin({ clock: systemClock, limitMs: LIMIT_MS, exceeded }, () =>
      Promise.race([words[word].promise, ended.promise]),
    );
  };
  return {
    id: order.id,
    tell: (told) => void child.send(told),
    said: async (word) => void (await hear(word)),
    summary: async () => (await hear('summary')) as Summary,
    freeze: () => processes.signal(child, 'SIGSTOP'),
    thaw: () => processes.signal(child, 'SIGCONT'),
  };
}

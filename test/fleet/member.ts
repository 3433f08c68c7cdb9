import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../lib/core/clock.ts';
import { runWithin } from '../../lib/core/time-limit.ts';
import type { Processes } from '../../lib/local/processes.ts';
import type { Order, Report, Request, Summary } from './order.ts';

/** One that takes longer has found a defect of this test. */
const LIMIT_MS = 120_000;

type Word = 'ready' | 'rejected' | 'admitted';

/** One of the processes. */
export interface Member {
  readonly id: number;
  ask(request: Request): void;
  /** Comes when it reports that, or has done so already. */
  reported(word: Word): Promise<void>;
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
  const reports = {
    ready: Promise.withResolvers<Report>(),
    rejected: Promise.withResolvers<Report>(),
    admitted: Promise.withResolvers<Report>(),
    summary: Promise.withResolvers<Report>(),
  };
  const ended = Promise.withResolvers<never>();
  // It may end while no report is waited for.
  ended.promise.catch(() => undefined);
  child.on('message', (report: Report) =>
    reports[typeof report === 'string' ? report : 'summary'].resolve(report),
  );
  child.once('close', (code, signal) => {
    const end = (why: string) =>
      ended.reject(new Error(`process ${order.id} ended with ${code ?? signal}: ${why}`));
    void complaint.then(end);
  });
  const wait = (word: keyof typeof reports): Promise<Report> => {
    const exceeded = () => new Error(`process ${order.id} did not report "${word}" in ${LIMIT_MS} ms`);
    return runWithin({ clock: systemClock, limitMs: LIMIT_MS, exceeded }, () =>
      Promise.race([reports[word].promise, ended.promise]),
    );
  };
  return {
    id: order.id,
    ask: (request) => void child.send(request),
    reported: async (word) => void (await wait(word)),
    summary: async () => (await wait('summary')) as Summary,
    freeze: () => processes.signal(child, 'SIGSTOP'),
    thaw: () => processes.signal(child, 'SIGCONT'),
  };
}

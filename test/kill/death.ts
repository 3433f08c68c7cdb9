import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../lib/core/clock.ts';
import type { Processes } from '../../lib/local/processes.ts';
import type { Receipt } from './operation.ts';
import type { Mark } from './points.ts';
import type { Order, Said } from './worker.ts';

/** What is known of a process that was killed. */
export interface Death {
  /** The last that it said of where it was. */
  readonly last: Mark | undefined;
  /** What it had answered its caller, if it came to that. */
  readonly answer?: Receipt;
  readonly refused?: string;
  /** How many resumptions the answer took, where they were counted. */
  readonly awaits?: number;
}

export interface DeathOptions {
  readonly processes: Processes;
  /** The worker, as one file. */
  readonly bundle: string;
  readonly order: Order;
  /** When it dies, if it has not come to a stand before: so long after it was seen there, or when this comes. */
  readonly after?: { readonly mark: Mark; readonly ms: number };
  readonly when?: Promise<void>;
}

/** A process that neither stands nor goes on has found a defect of this test. */
const LIMIT_MS = 30_000;

/** Runs one process and ends it with SIGKILL. */
export async function die({ processes, bundle, order, after, when }: DeathOptions): Promise<Death> {
  const child = processes.start(process.execPath, [bundle, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: dirname(bundle) },
  });
  if (child.stdout === null || child.stderr === null) throw new Error('the process has no pipes');
  const complaint = text(child.stderr);
  const kill = () => processes.kill(child);
  let stuck = false;
  const onLimit = () => {
    stuck = true;
    kill();
  };
  const cancels = [systemClock.after(LIMIT_MS, onLimit)];
  let death: Death = { last: undefined };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as Said;
    if ('standing' in said) return kill();
    if (!('at' in said)) {
      death = { ...death, ...said };
      return;
    }
    death = { ...death, last: said.at };
    if (said.at === after?.mark) cancels.push(systemClock.after(after.ms, kill));
  });
  void when?.then(kill);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  for (const cancel of cancels) cancel();
  if (signal !== 'SIGKILL' || stuck) {
    const end = stuck ? `was stuck for ${LIMIT_MS} ms` : `ended by itself with ${code ?? signal}`;
    throw new Error(`a process ${end} after "${death.last}": ${await complaint}`);
  }
  return death;
}

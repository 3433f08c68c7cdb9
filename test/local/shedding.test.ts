import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootstrapFile } from '../../lib/local/bootstrap-file.ts';
import { type Processes, startProcesses } from '../../lib/local/processes.ts';
import type { Priority } from '../../lib/shedding/priority.ts';
import { type Bundle, bundleWorker } from '../support/bundle.ts';
import { temporaryFolder } from '../support/folders.ts';
import { functionOfTest } from '../support/local-function.ts';

let processes: Processes;
let bootstrap: string;
let bundle: Bundle;
beforeAll(async () => {
  processes = startProcesses();
  bootstrap = await bootstrapFile(temporaryFolder());
  bundle = await bundleWorker(new URL('shedding/handler.ts', import.meta.url));
});
afterAll(async () => {
  await processes.end();
  await bundle.remove();
});

/** What one priority's requests have come to. */
const newCounts = () => ({ served: 0, shed: 0, other: 0 });

/** Fifteen clients, of which three send requests of high priority, at a process that serves four at once and lets twelve wait. */
async function overload(isNaive: boolean) {
  const fn = functionOfTest({
    model: { functionName: 'stack-Fn', handler: 'worker.handler', timeoutMs: 60_000, reservedConcurrency: 1 },
    folder: dirname(bundle.file),
    settings: { freeze: false, maxConcurrencyPerSandbox: 16 },
    ...{ processes, bootstrap },
  });
  await fn.warm();
  const counts = { high: newCounts(), normal: newCounts(), low: newCounts() };
  let mostAtOnce = 0;
  /** A client that sends a request when the one before is answered. */
  async function send(priority: Priority, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const result = await fn.invoke(JSON.stringify({ priority, isNaive }));
      const payload = result.kind === 'throttled' ? {} : JSON.parse(result.payload);
      if (result.kind === 'success') {
        counts[priority].served++;
        mostAtOnce = Math.max(mostAtOnce, payload.atOnce);
      } else if (payload.errorType === 'OverloadedError') counts[priority].shed++;
      else counts[priority].other++;
    }
  }
  const isOver = () => counts.high.served + counts.high.shed + counts.high.other >= 60;
  const clients = (number: number, priority: Priority) =>
    Array.from({ length: number }, () => send(priority, isOver));
  // One fewer in all than the process takes: none is throttled.
  await Promise.all([...clients(12, 'low'), ...clients(3, 'high')]);
  return { ...counts, mostAtOnce };
}

test('F32: a spike: a process that serves several invocations at once sheds low ones, and none that are high', async () => {
  const { high, low, mostAtOnce } = await overload(false);

  expect(high).toMatchObject({ shed: 0, other: 0 });
  expect(high.served).toBeGreaterThanOrEqual(60);
  expect(low.other).toBe(0);
  expect(low.shed).toBeGreaterThan(0);
  expect(low.served).toBeGreaterThan(0);
  expect(mostAtOnce).toBe(4);
});

test('F32: the same spike, where all requests are alike: high ones are shed as the others are', async () => {
  const { high } = await overload(true);
  expect(high.shed).toBeGreaterThan(0);
});

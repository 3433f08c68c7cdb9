import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import { invoke, newId, pause, probe, type SeenRecord, seen, seenNow, seenOnce } from '../events/calls.ts';
import { PATIENT } from '../events/case-of.ts';
import { ASYNC, asyncCase, ERRORS, RETRIES } from './pages.ts';

const SECONDS = 200;

async function attemptsOf(
  deployed: Deployment,
  id: string,
  fn: string,
  count: number,
): Promise<readonly SeenRecord[]> {
  await seen(deployed, id, { fn, count, platformSeconds: SECONDS });
  // Another attempt would come after three minutes at the most.
  await pause(deployed, SECONDS);
  return (await seenNow(deployed, id)).filter(({ value }) => value.fn === fn);
}

const COUNTS = [
  {
    title: 'an event whose function fails is tried three times by default',
    fn: 'Worker',
    count: 3,
    page: ERRORS,
  },
  { title: 'MaximumRetryAttempts 2 lets an event be tried three times', fn: 'Twice', count: 3, page: ERRORS },
  { title: 'MaximumRetryAttempts 1 lets an event be tried twice', fn: 'Once', count: 2, page: ERRORS },
  { title: 'MaximumRetryAttempts 0 lets an event be tried once', fn: 'Never', count: 1, page: ERRORS },
] as const;

const counts = COUNTS.map(({ title, fn, count, page }) =>
  asyncCase(
    title,
    page,
    async (deployed) => {
      const id = newId();
      await invoke(deployed, fn, probe(id, { fail: true }), { type: 'Event' });
      assert.equal((await attemptsOf(deployed, id, fn, count)).length, count);
    },
    PATIENT,
  ),
);

/** The platform's seconds between attempts. */
async function waitsOf(deployed: Deployment): Promise<readonly number[]> {
  const id = newId();
  await invoke(deployed, 'Worker', probe(id, { fail: true }), { type: 'Event' });
  const attempts = await seen(deployed, id, { count: 3, platformSeconds: SECONDS });
  return attempts
    .slice(1)
    .map(({ at }, index) => ((at - (attempts[index]?.at ?? 0)) * deployed.timeScale) / 1_000);
}

const WAITS = [
  { title: 'a minute passes before the second attempt', index: 0, seconds: 60 },
  { title: 'two minutes pass before the third attempt', index: 1, seconds: 120 },
] as const;

const waits = WAITS.map(({ title, index, seconds }) =>
  asyncCase(
    title,
    ASYNC,
    async (deployed) => {
      const waited = (await waitsOf(deployed))[index] ?? 0;
      // What the machine takes for itself counts as much as the platform is faster.
      const most = seconds + 5 + deployed.timeScale;
      assert.ok(waited >= seconds - 5 && waited <= most, `${Math.round(waited)} s passed`);
    },
    PATIENT,
  ),
);

export const RETRY_CASES: readonly ConformanceCase[] = [
  ...counts,
  ...waits,
  asyncCase(
    'an event that succeeds at its second attempt is not tried again',
    ERRORS,
    async (deployed) => {
      const id = newId();
      await invoke(deployed, 'Worker', probe(id, { fail: 1 }), { type: 'Event' });
      assert.equal((await attemptsOf(deployed, id, 'Worker', 2)).length, 2);
    },
    PATIENT,
  ),
  asyncCase(
    'an event whose function times out is tried again',
    ASYNC,
    async (deployed) => {
      const id = newId();
      await invoke(deployed, 'Short', probe(id, { sleepMs: 3_000 }), { type: 'Event' });
      await seen(deployed, id, { count: 2, platformSeconds: SECONDS });
    },
    PATIENT,
  ),
  asyncCase(
    'an event whose runtime exits is tried again',
    RETRIES,
    async (deployed) => {
      const id = newId();
      await invoke(deployed, 'Worker', probe(id, { exit: true }), { type: 'Event' });
      await seen(deployed, id, { count: 2, platformSeconds: SECONDS });
    },
    PATIENT,
  ),
  asyncCase(
    'a synchronous invocation that fails is not tried again',
    RETRIES,
    async (deployed) => {
      const id = newId();
      await invoke(deployed, 'Worker', probe(id, { fail: true }));
      await seenOnce(deployed, id, { quietSeconds: 70 });
    },
    PATIENT,
  ),
];

import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.ts';
import { invoke, newId, pause, probe, seenOnce } from '../events/calls.ts';
import { asyncCase, CONCURRENCY, INVOKE, QUOTAS } from './pages.ts';

const MB = 1_024 * 1_024;
/** What is around a payload of the largest size. */
const LITTLE = 1_024;

const SIZES = [
  { type: 'RequestResponse', limit: '6 MB', padTo: 6 * MB - LITTLE, status: 200 },
  { type: 'RequestResponse', limit: '6 MB', padTo: 6 * MB + LITTLE, status: 413 },
  { type: 'Event', limit: '1 MB', padTo: MB - LITTLE, status: 202 },
  { type: 'Event', limit: '1 MB', padTo: MB + LITTLE, status: 413 },
] as const;

const payloads = SIZES.map(({ type, limit, padTo, status }) =>
  asyncCase(
    status === 413
      ? `${type} refuses payloads over ${limit} with RequestTooLargeException, 413`
      : `${type} takes payloads up to ${limit}`,
    status === 413 ? INVOKE : QUOTAS,
    async (deployed) => {
      const id = newId();
      const answer = await invoke(deployed, 'Worker', probe(id), { type, padTo });
      assert.equal(answer.status, status);
      if (status === 413) return assert.equal(answer.error, 'RequestTooLargeException');
      const { length } = (await seenOnce(deployed, id)).value.event as { readonly length: number };
      assert.equal(length, padTo);
    },
  ),
);

export const LIMIT_CASES: readonly ConformanceCase[] = [
  ...payloads,
  asyncCase('a response over 6 MB is an error of the function', QUOTAS, async (deployed) => {
    const answer = await invoke(deployed, 'Worker', probe(newId(), { answerLength: 6 * MB + LITTLE }));
    assert.equal(answer.headers['x-amz-function-error'], 'Unhandled');
    assert.equal((answer.body as { readonly errorType: string }).errorType, 'Function.ResponseSizeTooLarge');
  }),
  asyncCase(
    'above its reserved concurrency a function is throttled with TooManyRequestsException, 429',
    CONCURRENCY,
    async (deployed) => {
      const id = newId();
      const long = invoke(deployed, 'Single', probe(id, { sleepMs: 1_500 }));
      await seenOnce(deployed, id);
      const answer = await invoke(deployed, 'Single', probe(newId()));
      assert.deepEqual([answer.status, answer.error], [429, 'TooManyRequestsException']);
      await long;
    },
  ),
  asyncCase('an event that is throttled waits and runs later', INVOKE, async (deployed) => {
    const [busy, event] = [newId(), newId()];
    const long = invoke(deployed, 'Alone', probe(busy, { sleepMs: 1_500 }));
    await seenOnce(deployed, busy);
    const { status } = await invoke(deployed, 'Alone', probe(event), { type: 'Event' });
    assert.equal(status, 202);
    await long;
    await pause(deployed, 1);
    await seenOnce(deployed, event, { platformSeconds: 300 });
  }),
];

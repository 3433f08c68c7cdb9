import { expect, test } from 'vitest';
import type { Access } from '../../lib/breaker/access.ts';
import { known as knownOf } from '../../lib/breaker/known.ts';
import { publish } from '../../lib/breaker/transitions.ts';
import { INITIAL, writeVerdict } from '../../lib/breaker/verdict.ts';
import type { CountingStore, Item } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';

const access: Access = {
  ask: (operation) => operation(new AbortController().signal),
  isQuiet: () => false,
  failures: 0,
  timeoutMs: 49,
  limitMs: 50,
};

test('an answer that is certain, but older than what has become known since it was asked for, changes nothing', async () => {
  const certain = Promise.withResolvers<Item>();
  const store: CountingStore = {
    ...memoryStore(),
    get: async (_, options) => (options?.isEventual ? undefined : certain.promise),
  };
  const known = knownOf('posts', { store, access, clock: fakeClock(), chance: () => 0 });
  await known.change(publish(INITIAL, { rate: 1 }));
  const look = known.look();
  await settle();
  await known.change(publish(known.verdict, { rate: 2 }));

  certain.resolve(writeVerdict({ ...INITIAL, version: 1, rate: 1 }));
  await look;

  expect(known.verdict).toMatchObject({ version: 2, rate: 2 });
});

test('a look that a freeze has cut off is not what the next one waits for, nor does its end hide another', async () => {
  const clock = fakeClock();
  const answers: PromiseWithResolvers<Item | undefined>[] = [];
  const get = () => {
    const answer = Promise.withResolvers<Item | undefined>();
    answers.push(answer);
    return answer.promise;
  };
  const known = knownOf('posts', { store: { ...memoryStore(), get }, access, clock, chance: () => 0 });
  const cutOff = known.look();
  await clock.advance(access.limitMs - 1);
  void known.look();
  expect([answers.length, known.isLate()]).toEqual([1, true]);

  await clock.advance(1);
  expect(known.isLate()).toBe(false);
  const second = known.look();
  answers[0]?.resolve(undefined);
  await cutOff;
  void known.look();
  expect(answers).toHaveLength(2);
  answers[1]?.resolve(writeVerdict({ ...INITIAL, version: 7 }));
  await second;

  expect(known.verdict.version).toBe(7);
});

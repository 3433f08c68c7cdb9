import { expect, test } from 'vitest';
import type { Access } from '../../lib/breaker/access.ts';
import { known as knownOf } from '../../lib/breaker/known.ts';
import { publish } from '../../lib/breaker/transitions.ts';
import { INITIAL, writeVerdict } from '../../lib/breaker/verdict.ts';
import type { CountingStore, Item } from '../../lib/core/store.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';

test('an answer that is certain, but older than what has become known since it was asked for, changes nothing', async () => {
  const certain = Promise.withResolvers<Item>();
  const store: CountingStore = {
    ...memoryStore(),
    get: async (_, options) => (options?.isEventual ? undefined : certain.promise),
  };
  const access: Access = {
    ask: (operation) => operation(new AbortController().signal),
    isQuiet: () => false,
    failures: 0,
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

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { evidenceKey } from '../../lib/breaker/evidence.ts';
import { claimProbe, force, trip } from '../../lib/breaker/transitions.ts';
import { INITIAL, verdictKey, writeVerdict } from '../../lib/breaker/verdict.ts';
import { readBreakers } from '../../lib/local/breakers.ts';
import type { DynamoStore } from '../../lib/store/dynamodb.ts';
import { hasJava, startTestEngine, type TestEngine } from '../support/engines.ts';

const NOW = Date.parse('2030-01-01T00:00:00.000Z');
const even = { openMs: 5_000, chance: 0.5 };

describe('the breakers that a local run shows', () => {
  let engine: TestEngine;
  let store: DynamoStore;
  beforeAll(async () => {
    engine = await startTestEngine(hasJava ? 'dynamodb-local' : 'dynalite');
  });
  beforeEach(async () => {
    store = await engine.store();
  });
  afterAll(() => engine.stop());

  const shown = (now = NOW) => readBreakers(engine.engine.endpoint, store.name, now);

  test('are the verdicts, with names for their states and what they let through', async () => {
    const open = trip({ ...INITIAL, rate: 20 }, NOW, even).next;
    const forever = { state: 'closed', forMs: Number.MAX_SAFE_INTEGER, by: 'ada' } as const;
    for (const [name, verdict] of [
      ['new', { ...INITIAL, epoch: 2, since: NOW, rate: 100, retryShare: 0.3 }],
      ['open', open],
      ['probed', claimProbe(open, NOW + 5_000, even).next],
      ['forced', force(INITIAL, NOW, forever).next],
    ] as const)
      await store.put(verdictKey(name), writeVerdict(verdict));

    const breakers = await shown(NOW + 6_000);

    const since = '2030-01-01T00:00:00.000Z';
    const known = { epoch: 1, rate: 20, since, by: null, admittedFraction: 0, retryFraction: 1 };
    expect(breakers).toHaveLength(4);
    expect(new Set(breakers)).toEqual(
      new Set([
        {
          ...{ name: 'new', state: 'closed', epoch: 2, since, until: null },
          ...{ by: null, rate: 100, admittedFraction: 1, retryFraction: 0.3 },
        },
        { ...known, name: 'open', state: 'open', until: null },
        { ...known, name: 'probed', state: 'half-open', until: '2030-01-01T00:00:11.750Z' },
        {
          ...{
            name: 'forced',
            state: 'forced-closed',
            epoch: 1,
            since,
            until: String(NOW + Number.MAX_SAFE_INTEGER),
          },
          ...{ by: 'ada', rate: null, admittedFraction: 1, retryFraction: 1 },
        },
      ]),
    );
    const ramp = (await shown()).find(({ name }) => name === 'new');
    expect(ramp?.admittedFraction).toBeCloseTo(0.1, 10);
  });

  test('are neither their evidence, nor records of other kinds, nor verdicts of other versions', async () => {
    await store.add(evidenceKey('posts', 1, 2), { f1: 1, m1: 1 }, { expiresAt: 1 });
    await store.put('idempotency#posts', writeVerdict(INITIAL));
    await store.put(verdictKey('old'), { ...writeVerdict(INITIAL), v: 1 });

    expect(await shown()).toEqual([]);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../lib/core/errors.ts';
import type { Condition, CountingStore } from '../../lib/core/store.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { hasJava, startTestEngine, type TestEngine } from '../support/engines.ts';

const is = (attribute: string, value: string | number | boolean): Condition => [
  [{ attribute, is: '=', value }],
];

/** What every store has to do alike. */
function contract(fresh: () => Promise<CountingStore>): void {
  let store: CountingStore;
  beforeEach(async () => {
    store = await fresh();
  });

  it('gives back what was put, without the key, and undefined where nothing is', async () => {
    const item = {
      text: 'é "quoted" \u{1f9ec}',
      empty: '',
      count: -1.5,
      big: 9_007_199_254_740_991,
      yes: true,
      no: false,
    };
    expect(await store.put('a', item)).toEqual({ applied: true });
    expect(await store.get('a')).toEqual(item);
    expect(await store.get('b')).toBeUndefined();
  });

  it('replaces the whole item', async () => {
    await store.put('a', { old: 1 });
    await store.put('a', { new: 2 });
    expect(await store.get('a')).toEqual({ new: 2 });
  });

  it('keeps no reference to what was put or handed out', async () => {
    const item = { n: 1 };
    await store.put('a', item);
    item.n = 2;
    const read = (await store.get('a')) as { n: number };
    read.n = 3;
    expect(await store.get('a')).toEqual({ n: 1 });
  });

  it('writes when absent once, and then refuses with what is there', async () => {
    expect(await store.put('a', { n: 1 }, { when: ['absent'] })).toEqual({ applied: true });
    expect(await store.put('a', { n: 2 }, { when: ['absent'] })).toEqual({
      applied: false,
      current: { n: 1 },
    });
    expect(await store.get('a')).toEqual({ n: 1 });
  });

  it('refuses a comparison with an item that is not there, and says that nothing is', async () => {
    expect(await store.put('a', { n: 2 }, { when: is('n', 1) })).toEqual({
      applied: false,
      current: undefined,
    });
    expect(await store.get('a')).toBeUndefined();
  });

  it.each([
    ['=', 5, true],
    ['=', 6, false],
    ['<', 6, true],
    ['<', 5, false],
    ['>', 4, true],
    ['>', 5, false],
  ] as const)('compares a number 5 %s %d', async (operator, value, applied) => {
    await store.put('a', { n: 5 });
    const result = await store.put('a', { n: 7 }, { when: [[{ attribute: 'n', is: operator, value }]] });
    expect(result.applied).toBe(applied);
  });

  it('compares strings by their order and booleans for equality', async () => {
    await store.put('a', { s: 'b', yes: true });
    const when: Condition = [
      [
        { attribute: 's', is: '>', value: 'a' },
        { attribute: 'yes', is: '=', value: true },
      ],
    ];
    expect(await store.put('a', { s: 'b', yes: true }, { when })).toEqual({ applied: true });
  });

  it('finds values of different types unequal and not comparable', async () => {
    await store.put('a', { n: 5 });
    expect((await store.put('a', { n: 0 }, { when: is('n', '5') })).applied).toBe(false);
    expect(
      (await store.put('a', { n: 0 }, { when: [[{ attribute: 'n', is: '<', value: '9' }]] })).applied,
    ).toBe(false);
  });

  it('needs all comparisons of a clause and any one of the clauses', async () => {
    await store.put('a', { x: 1, y: 2 });
    const both: Condition = [
      [
        { attribute: 'x', is: '=', value: 1 },
        { attribute: 'y', is: '=', value: 3 },
      ],
    ];
    expect((await store.put('a', { x: 1, y: 2 }, { when: both })).applied).toBe(false);
    const either: Condition = ['absent', ...both, [{ attribute: 'y', is: '=', value: 2 }]];
    expect((await store.put('a', { x: 9 }, { when: either })).applied).toBe(true);
  });

  it('takes attribute names that are reserved words or hold dots and dashes', async () => {
    await store.put('a', { state: 'open', 'a.b-c': 1, name: 'n' });
    const when: Condition = [
      [
        { attribute: 'state', is: '=', value: 'open' },
        { attribute: 'a.b-c', is: '=', value: 1 },
        { attribute: 'name', is: '=', value: 'n' },
      ],
    ];
    expect(await store.put('a', { state: 'closed' }, { when })).toEqual({ applied: true });
  });

  it('deletes under a condition only, and an absent item without complaint', async () => {
    await store.put('a', { owner: 'me' });
    expect(await store.delete('a', { when: is('owner', 'you') })).toEqual({
      applied: false,
      current: { owner: 'me' },
    });
    expect(await store.delete('a', { when: is('owner', 'me') })).toEqual({ applied: true });
    expect(await store.get('a')).toBeUndefined();
    expect(await store.delete('a')).toEqual({ applied: true });
  });

  it('lets exactly one of many writers at once through', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, writer) => store.put('a', { writer }, { when: ['absent'] })),
    );
    expect(results.filter(({ applied }) => applied)).toHaveLength(1);
    const winner = results.findIndex(({ applied }) => applied);
    expect(await store.get('a')).toEqual({ writer: winner });
  });

  it('reads what was written a while ago when that will do', async () => {
    await store.put('a', { n: 1 });

    await expect.poll(() => store.get('a', { isEventual: true })).toEqual({ n: 1 });
    expect(await store.get('b', { isEventual: true })).toBeUndefined();
  });

  it('makes the item that is added to, and gives the sums without the key', async () => {
    expect(await store.add('a', { f1: 2, m1: 1 }, { expiresAt: 100 })).toEqual({
      f1: 2,
      m1: 1,
      expiresAt: 100,
    });
    expect(await store.add('a', { f1: 3, s1: 7 }, { expiresAt: 200 })).toEqual({
      ...{ f1: 5, m1: 1, s1: 7 },
      expiresAt: 200,
    });
    expect(await store.get('a')).toEqual({ f1: 5, m1: 1, s1: 7, expiresAt: 200 });
    expect(await store.get('b')).toBeUndefined();
  });

  it('adds fractions and takes away, and keeps nothing of what it was handed', async () => {
    const amounts = { f1: 0.5, s1: 1 / 3 };
    await store.add('a', amounts, { expiresAt: 100 });
    amounts.f1 = 9;

    const sums = (await store.add('a', { f1: 0.25, s1: -1 / 3 }, { expiresAt: 100 })) as { f1: number };

    expect(sums).toEqual({ f1: 0.75, s1: 0, expiresAt: 100 });
    sums.f1 = 9;
    expect(await store.get('a')).toEqual({ f1: 0.75, s1: 0, expiresAt: 100 });
  });

  it('does not change what is not added to, whatever the names', async () => {
    await store.put('a', { name: 'kept', yes: true, n: 1, 'a.b-c': 1 });

    expect(await store.add('a', { 'a.b-c': 1, count: 1, constructor: 2 }, { expiresAt: 100 })).toEqual({
      ...{ name: 'kept', yes: true, n: 1, 'a.b-c': 2, count: 1, constructor: 2 },
      expiresAt: 100,
    });
  });

  it('only sets when the item may be removed where nothing is to be added', async () => {
    expect(await store.add('a', {}, { expiresAt: 100 })).toEqual({ expiresAt: 100 });
  });

  it('removes attributes in the same write as it adds to others', async () => {
    await store.put('a', { f1: 2, s1: 3, name: 'kept' });

    expect(await store.add('a', { f2: 1 }, { expiresAt: 100, remove: ['f1', 's1', 'not-there'] })).toEqual({
      ...{ f2: 1, name: 'kept', expiresAt: 100 },
    });
    expect(await store.get('a')).toEqual({ f2: 1, name: 'kept', expiresAt: 100 });
  });

  it('removes attributes where nothing is to be added', async () => {
    await store.put('a', { f1: 2, s1: 3, 'a.b-c': true });

    expect(await store.add('a', {}, { expiresAt: 100, remove: ['f1', 'a.b-c'] })).toEqual({
      ...{ s1: 3, expiresAt: 100 },
    });
    expect(await store.get('a')).toEqual({ s1: 3, expiresAt: 100 });
  });

  it('makes the item where there is none to remove attributes of', async () => {
    expect(await store.add('a', {}, { expiresAt: 100, remove: ['f1'] })).toEqual({ expiresAt: 100 });
  });

  it('removes nothing at all where there is no number to add to', async () => {
    await store.put('a', { f1: 2, odd: 'text' });

    await expect(store.add('a', { odd: 1 }, { expiresAt: 100, remove: ['f1'] })).rejects.toThrow(StoreError);

    expect(await store.get('a')).toEqual({ f1: 2, odd: 'text' });
  });

  it('removes a hundred attributes in one write', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`s${n}`, n]));
    await store.put('a', { ...many, kept: 1 });

    expect(await store.add('a', { kept: 1 }, { expiresAt: 100, remove: Object.keys(many) })).toEqual({
      ...{ kept: 2, expiresAt: 100 },
    });
  });

  it('loses nothing of a hundred additions at once', async () => {
    const sums = await Promise.all(
      Array.from({ length: 100 }, (_, n) => store.add('a', { n, [`of${n % 3}`]: 1 }, { expiresAt: 100 })),
    );

    expect(await store.get('a')).toEqual({ n: 4_950, of0: 34, of1: 33, of2: 33, expiresAt: 100 });
    // Each addition gives a sum of its own, the last one the whole.
    const counts = sums.map(({ of0 = 0, of1 = 0, of2 = 0 }) => Number(of0) + Number(of1) + Number(of2));
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  });

  it.each([['text'], ['1'], [true]])(
    'adds nothing at all where there is %j instead of a number',
    async (value) => {
      await store.put('a', { n: 1, odd: value });

      const error = await store
        .add('a', { n: 1, odd: 1 }, { expiresAt: 100 })
        .catch((caught: unknown) => caught);

      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
      expect(await store.get('a')).toEqual({ n: 1, odd: value });
    },
  );
}

describe('memory store', () => contract(async () => memoryStore()));

describe.each([
  ['dynamodb-local', hasJava],
  ['dynalite', true],
] as const)('DynamoDB store on %s', (choice, available) => {
  describe.skipIf(!available)(available ? 'running' : 'needs Java 17', () => {
    let engine: TestEngine;
    beforeAll(async () => {
      engine = await startTestEngine(choice);
    });
    afterAll(() => engine.stop());

    describe.each(['sdk', 'lean'] as const)('over the transport %s', (transport) => {
      contract(() => engine.store(transport));

      it('names the table and the fix when the table is not there', async () => {
        const store = dynamoStore({ table: 'no-such-table', transport: engine.transports[transport] });
        await expect(store.get('a')).rejects.toMatchObject({
          code: 'STORE_UNAVAILABLE',
          status: 503,
          retryable: false,
          message: expect.stringMatching(/"no-such-table".*ResourceNotFoundException.*deploy the table/),
        });
      });

      it('stops waiting when the signal aborts', async () => {
        const store = await engine.store(transport);
        await expect(store.get('a', { signal: AbortSignal.abort() })).rejects.toMatchObject({
          code: 'STORE_UNAVAILABLE',
        });
      });
    });
  });
});

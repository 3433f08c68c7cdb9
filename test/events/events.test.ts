import { describe, expect, it } from 'vitest';
import { runRedelivery } from './fifo-redelivery.ts';
import { runFifo } from './fifo-run.ts';
import { judgeFifo } from './messages.ts';
import { judgeRelay, type RelayRun, runRelay } from './relay-run.ts';

describe('the outbox relay', () => {
  it('publishes all that can be published, in order for each item, to a bus that rejects 30 % of entries', async () => {
    const run = await runRelay({ events: 500, items: 20, rejectedRatio: 0.3, seed: 7 });

    expect(judgeRelay(run)).toEqual([]);
    expect(run.givenUp.length).toBeGreaterThan(1);
    expect(run.expired.size).toBeGreaterThan(1);
    expect(run.figures['rejected']).toBeGreaterThan(100);
  });
});

describe('a FIFO queue', () => {
  it('has its messages handled in order for each group where a batch has several of one', async () => {
    const run = await runRedelivery({ messages: 1_000, groups: 20, seed: 7 });

    expect(judgeFifo(run)).toEqual([]);
    expect(run.figures['held back']).toBeGreaterThan(50);
    expect(run.figures['deferred']).toBeGreaterThan(20);
  });

  it('of the local run has its messages handled in order for each group, past failures and blocked ones', async () => {
    const run = await runFifo({ messages: 120, groups: 6, seed: 7 });

    expect(judgeFifo(run)).toEqual([]);
    expect(run.figures['failures']).toBeGreaterThan(5);
    expect(run.figures['deferred']).toBeGreaterThan(0);
  });
});

describe('the judge', () => {
  const change = (id: string, kind: 'good' | 'expired' | 'poison' = 'good') => {
    return { id, kind, item: 'i', sequenceNumber: id };
  };
  const run: RelayRun = {
    changes: [change('1'), change('2'), change('3', 'poison'), change('4', 'expired')],
    ...{ taken: ['1', '2', '1'], givenUp: ['3'], expired: new Set(['4']), figures: {} },
  };

  it.each<[string, Partial<RelayRun>, string]>([
    ['an event that is lost', { taken: ['1'] }, '2 was not published'],
    ['an order that is not kept', { taken: ['2', '1'] }, '1 of i came after a later one'],
    ['an expired event on the bus', { taken: ['1', '2', '4'] }, '4 was published and should not be'],
    ['an expired event without a report', { expired: new Set() }, '4 has expired without a report'],
    [
      'a good record that is given up',
      { givenUp: ['2', '3'] },
      '2 records were given up, not the 1 that cannot be published, each once',
    ],
    [
      'poison that is given up twice',
      { givenUp: ['3', '3'] },
      '2 records were given up, not the 1 that cannot be published, each once',
    ],
  ])('finds %s', (_, more, finding) => {
    expect(judgeRelay(run)).toEqual([]);
    expect(judgeRelay({ ...run, ...more })).toEqual([finding]);
  });

  it('finds a message before its turn, and one that is missing', () => {
    expect(judgeFifo({ done: ['a/0', 'b/0', 'a/1'], expected: 3, figures: {} })).toEqual([]);
    expect(judgeFifo({ done: ['a/1', 'a/0'], expected: 2, figures: {} })).toHaveLength(2);
    expect(judgeFifo({ done: ['a/0'], expected: 2, figures: {} })).toHaveLength(1);
  });
});

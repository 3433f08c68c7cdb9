import { beforeAll, describe, expect, test } from 'vitest';
import { hasJava } from '../support/engines.ts';
import { judge } from './judge.ts';
import type { Summary, Written } from './order.ts';
import { type Findings, runFleet } from './run.ts';

let findings: Findings;

beforeAll(async () => {
  findings = await runFleet({
    ...{ processes: 6, openMs: 1_500, everyMs: 120, freezeMs: 2_600 },
    engine: hasJava ? 'dynamodb-local' : 'dynalite',
  });
});

test('processes share one breaker: it opens once, one probes at a time and it closes once, also with freezes', () => {
  expect(judge(findings)).toEqual([]);
});

describe('the judge of that finds', () => {
  const summariesWith = (change: (summary: Summary) => Partial<Summary>) =>
    findings.summaries.map((summary) => ({ ...summary, ...change(summary) }));
  const writesWith = (change: (written: readonly Written[]) => readonly Written[]) => ({
    ...findings,
    summaries: summariesWith(({ written }) => ({ written: change(written) })),
  });
  const isClosing = ({ state }: Written) => state.state === 'closed' && state.epoch > 0;

  test.each<[string, () => Findings]>([
    [
      'an error that is no rejection',
      () => ({ ...findings, summaries: summariesWith(() => ({ errors: ['x'] })) }),
    ],
    [
      'more failed calls than an outage needs',
      () => ({ ...findings, summaries: summariesWith(() => ({ failed: 50 })) }),
    ],
    [
      'counts that no process has added',
      () => ({ ...findings, summaries: summariesWith(() => ({ added: {} })) }),
    ],
    ['reports that are missing', () => ({ ...findings, counts: {} })],
    ['a write that no process has noted', () => writesWith((written) => written.slice(1))],
    [
      'a closing by another process',
      () => ({
        ...findings,
        summaries: findings.summaries.map((summary, id) => ({
          ...summary,
          written: [
            ...summary.written.filter((write) => !isClosing(write)),
            ...(findings.summaries.at(id - 1)?.written ?? []).filter(isClosing),
          ],
        })),
      }),
    ],
    [
      'a success that came late',
      () =>
        writesWith((written) =>
          written.map((one) => (one.state.isProbing ? one : { ...one, at: one.at + 60_000 })),
        ),
    ],
    [
      'a claim that was taken over too soon',
      () => writesWith((written) => written.map((one) => ({ ...one, at: one.at - 60_000 }))),
    ],
    [
      'two probes at once',
      () => ({ ...findings, visits: findings.visits.map((visit) => ({ ...visit, probes: 2 })) }),
    ],
    [
      'calls that are no probes',
      () => ({
        ...findings,
        visits: findings.visits.map((visit) => ({ ...visit, claim: undefined })),
      }),
    ],
  ])('%s', (_, changed) => {
    expect(judge(changed())).not.toEqual([]);
  });
});

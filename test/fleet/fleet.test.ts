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

test('processes share one breaker: it opens once, one probes at a time and it closes once, whoever is frozen', () => {
  expect(judge(findings)).toEqual([]);
});

describe('the judge of that finds', () => {
  const summariesWith = (change: (summary: Summary) => Partial<Summary>) =>
    findings.summaries.map((summary) => ({ ...summary, ...change(summary) }));
  const writesWith = (change: (written: readonly Written[]) => readonly Written[]) => ({
    ...findings,
    summaries: summariesWith(({ written }) => ({ written: change(written) })),
  });

  test.each<[string, () => Findings]>([
    [
      'an error that is no refusal',
      () => ({ ...findings, summaries: summariesWith(() => ({ errors: ['x'] })) }),
    ],
    [
      'evidence that nobody has added',
      () => ({ ...findings, summaries: summariesWith(() => ({ added: {} })) }),
    ],
    ['reports that are missing', () => ({ ...findings, evidence: {} })],
    ['a write that nobody tells of', () => writesWith((written) => written.slice(1))],
    [
      'a closing by somebody else',
      () => ({
        ...findings,
        summaries: [...findings.summaries.slice(1), ...findings.summaries.slice(0, 1)].map((summary, at) => ({
          ...summary,
          written: [
            ...summary.written.filter(({ verdict }) => verdict.state !== 'closed'),
            ...(findings.summaries[at]?.written ?? []).filter(({ verdict }) => verdict.state === 'closed'),
          ],
        })),
      }),
    ],
    [
      'a success that came late',
      () =>
        writesWith((written) =>
          written.map((one) => (one.verdict.isProbing ? one : { ...one, at: one.at + 60_000 })),
        ),
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

import { describe, expect, test } from 'vitest';
import { collectExamples, type Example, placeOf } from './collect.ts';
import { expectGood, situationsOf } from './expectations.ts';
import { load } from './module.ts';
import type { Situation } from './run.ts';
import { startForExamples } from './start.ts';

interface Exception {
  /** File of the example, and some of its code. */
  readonly from: string;
  readonly code: string;
  readonly situations: readonly Situation[];
  readonly reason: string;
}

/** Examples that fail, and why they may. An entry that is no longer needed fails the tests. */
const EXCEPTIONS: readonly Exception[] = [
  {
    from: 'lib/breaker/local.ts',
    code: 'circuitBreaker({',
    situations: ['services hang'],
    reason: 'a breaker by itself sets no time limit',
  },
  {
    from: 'lib/policy/retry.ts',
    code: 'retry({',
    situations: ['services hang'],
    reason: 'a retry by itself sets no time limit',
  },
];

const NAMES: Readonly<Record<Situation, string>> = {
  'all answer': 'runs while all that it calls answers',
  'services refuse': 'fails with a status or answers degraded while its services refuse with 503',
  'services hang': 'fails with a status or answers degraded, in time, while its services hang',
  'the store refuses': 'answers or fails with a status while its store refuses with 503',
  'the store hangs': 'answers or fails with a status, in time, while its store hangs',
};

const examples = collectExamples();
const services = await startForExamples();

const importsVitest = ({ code }: Example): boolean => /^import .* from 'vitest';$/m.test(code);

const isOf = (example: Example) => (exception: Exception) =>
  exception.from === example.from && example.code.includes(exception.code);

describe.each(examples.map((example) => [placeOf(example), example] as const))(
  'the example at %s',
  async (_place, example) => {
    const exceptions = EXCEPTIONS.filter(isOf(example));
    // An example of a test adds its tests to this suite.
    if (importsVitest(example)) {
      const run = await load(example, services.origin);
      await run();
      return;
    }
    for (const situation of situationsOf(example)) {
      const exception = exceptions.find(({ situations }) => situations.includes(situation));
      const run = () => expectGood(example, situation, services);
      if (exception === undefined) test(NAMES[situation], run);
      else
        test(`needs its exception: ${situation}, and ${exception.reason}`, async () => {
          await expect(run()).rejects.toThrow();
        });
    }
  },
);

test.each(EXCEPTIONS)('the exception for $code in $from has an example in these situations', (exception) => {
  const situations = examples.filter((example) => isOf(example)(exception)).flatMap(situationsOf);

  expect(situations).toEqual(expect.arrayContaining([...exception.situations]));
});

/*
 * What a call under policies costs by itself, beside cockatiel and opossum: `npm run bench -- policy`.
 *   --check   exits with 1 when a target is missed
 *   --json    prints one JSON document and nothing else
 */
import { parseArgs } from 'node:util';
import { type Case, type Measured, measure, type Spread, spreadOf, timesFaster } from '../measure.ts';
import { BESIDE_ANOTHER, COMPOSED, FIVE, IN_MEMORY, REJECTING } from './subjects.ts';

interface Target {
  readonly against: string;
  /** How many times faster fibrin has to be, by the median of the rounds. Default: it is reported. */
  readonly atLeast?: number;
}

interface Question {
  readonly title: string;
  /** Where the libraries do not do the same. */
  readonly differs: string;
  readonly cases: readonly Case[];
  readonly targets: readonly Target[];
}

const QUESTIONS: readonly Question[] = [
  {
    title: 'a call that succeeds, under timeout, retry, breaker and fallback',
    differs:
      'opossum has no retry, and hands no signal to the call; cockatiel makes a signal for each call, fibrin where the call looks at it; fibrin has a total deadline too',
    cases: COMPOSED,
    targets: [
      { against: 'cockatiel', atLeast: 5 },
      // No target: where no other timer is set, Node makes and drops its list of timers with each call. fibrin has no second
      // path to save that; opossum has an interval of its own.
      { against: 'opossum' },
    ],
  },
  {
    title: 'the same, while another call is in flight',
    differs:
      'as above; another call keeps the timer of its limit, as it does in an environment that is not idle',
    cases: BESIDE_ANOTHER,
    targets: [
      { against: 'cockatiel', atLeast: 5 },
      { against: 'opossum', atLeast: 1 / 1.5 },
    ],
  },
  {
    title: 'the same with a bulkhead, which opossum has none of beside the rest',
    differs: 'a slot of fibrin is held until the function has ended',
    cases: FIVE,
    targets: [{ against: 'cockatiel', atLeast: 5 }],
  },
  {
    title: 'a hit in memory',
    differs: 'a policy makes an execution for each call: its time, its key and what an outcome says',
    cases: IN_MEMORY,
    // Missed, at a quarter: a third of the lookup's speed takes a path of its own, past the layers. The cache alone has it.
    targets: [{ against: 'bare Map lookup', atLeast: 1 / 3 }],
  },
  {
    title: 'a call that an open breaker refuses',
    differs: 'the errors of the others have a stack, which is that of their own code',
    cases: REJECTING,
    targets: [
      { against: 'cockatiel', atLeast: 5 },
      { against: 'opossum', atLeast: 5 },
    ],
  },
];

const { values } = parseArgs({ options: { check: { type: 'boolean' }, json: { type: 'boolean' } } });

const find = (measured: readonly Measured[], name: string): Measured => {
  const found = measured.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no case ${name}`);
  return found;
};
const whole = ({ median, least, most }: Spread) => ({
  median: Math.round(median),
  least: Math.round(least),
  most: Math.round(most),
});
const times = ({ median, least, most }: Spread) =>
  `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;

const answers = [];
for (const { title, differs, cases, targets } of QUESTIONS) {
  const measured = await measure(cases);
  const fibrin = find(measured, 'fibrin');
  const compared = targets.map(({ against, atLeast }) => {
    const faster = timesFaster(fibrin, find(measured, against));
    return { against, atLeast, faster, isMet: atLeast === undefined || faster.median >= atLeast };
  });
  const figures = measured.map(({ name, rounds }) => ({ name, ...whole(spreadOf(rounds)) }));
  answers.push({ title, differs, figures, compared });
  if (values.json) continue;
  console.log(`\n${title}: nanoseconds a call on Node ${process.versions.node}`);
  console.table(Object.fromEntries(figures.map(({ name, ...figure }) => [name, figure])));
  console.log(differs);
}

const compared = answers.flatMap((answer) => answer.compared);
if (values.json) console.log(JSON.stringify(answers));
else {
  const figures = answers.map(({ title, compared: all }) => {
    const texts = all.map(
      ({ against, atLeast, faster, isMet }) =>
        `${isMet ? 'ok' : 'MISSED'} ${times(faster)} x faster than ${against}, ${atLeast === undefined ? 'reported' : `wanted ${atLeast.toFixed(2)}`}`,
    );
    return `${title.split(',')[0]}: ${texts.join('; ')}`;
  });
  console.log(`\n${figures.join(' | ')}`);
}
if (values.check && compared.some(({ isMet }) => !isMet)) process.exitCode = 1;

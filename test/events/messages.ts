import type { Random } from '../../lib/core/random.ts';
import { InFlightError } from '../../lib/idempotency/errors.ts';

/** One in ten messages fails at first, one in ten of those twice, and one in fifty is blocked by a run elsewhere. */
const FAILING = 0.1;
const FAILING_TWICE = 0.01;
const BLOCKED = 0.02;
const LEASE_MS = 500;

/** A message of a FIFO queue. */
export interface Work {
  readonly group: string;
  /** `group/number`. */
  readonly body: string;
}

export interface Messages {
  readonly all: readonly Work[];
  /** What still goes wrong with a message when it is handled, once each. */
  readonly errors: ReadonlyMap<string, Error[]>;
  readonly failures: number;
}

/** Messages of many groups in turn, and what is to go wrong with them. */
export function makeMessages(count: number, groups: number, random: Random): Messages {
  const next = new Map<string, number>();
  const errors = new Map<string, Error[]>();
  const all = Array.from({ length: count }, () => {
    const group = `g${Math.floor(random.next() * groups)}`;
    const number = next.get(group) ?? 0;
    next.set(group, number + 1);
    const body = `${group}/${number}`;
    const chance = random.next();
    errors.set(body, [
      ...(chance < FAILING ? [new Error('poison')] : []),
      ...(chance < FAILING_TWICE ? [new Error('poison')] : []),
      ...(chance > 1 - BLOCKED ? [new InFlightError('work', LEASE_MS)] : []),
    ]);
    return { group, body };
  });
  return { all, errors, failures: [...errors.values()].flat().length };
}

/** What came of the messages of a run. */
export interface FifoRun {
  /** The bodies of the messages that were handled, in their order. */
  readonly done: readonly string[];
  readonly expected: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** What a run did wrong: each finding is a sentence. */
export function judgeFifo({ done, expected }: FifoRun): readonly string[] {
  const wrong: string[] = [];
  const next = new Map<string, number>();
  for (const body of done) {
    const [group = '', number] = body.split('/');
    const due = next.get(group) ?? 0;
    if (Number(number) !== due) wrong.push(`${body} was handled where ${group}/${due} was due`);
    next.set(group, Number(number) + 1);
  }
  if (done.length !== expected) wrong.push(`${done.length} messages were handled, not ${expected}`);
  return wrong;
}

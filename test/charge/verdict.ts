import type { IdempotencyRecord } from '../../lib/idempotency/protocol.ts';
import { knowledgeOf } from './faults.ts';
import type { Charge } from './ledger.ts';
import type { HttpPlan } from './plan.ts';
import type { Outcome } from './trial.ts';

/** What is there of a key in the end. */
export interface Truth {
  readonly charges: readonly Charge[];
  readonly record: Pick<IdempotencyRecord, 'state' | 'result'> | undefined;
}

export interface Verdict {
  readonly isChargedTwice: boolean;
  /** What must not be. Empty when all is well. */
  readonly wrong: readonly string[];
}

const isHttp = (outcome: Outcome): outcome is Outcome<HttpPlan> => outcome.plan.group !== 'atomic';

/** Of a key that is held where its client cannot know. */
function wrongHold({ sent, isHeld, answers }: Outcome<HttpPlan>, { charges }: Truth): readonly string[] {
  // One that a client gave up before it was met may have been known not to be sent, or not.
  const unknown = sent.filter(({ kind }) => knowledgeOf(kind) === 'unknown');
  const met = unknown.find(({ isMet }) => isMet);
  const after = met ? sent.filter(({ run }) => run > met.run) : [];
  const isKnown = unknown.length === 0;
  return [
    ...(isHeld && isKnown ? ['it is held though its client could know each outcome'] : []),
    ...(isKnown && (answers.length === 0 || charges.length !== 1)
      ? [`it was refused only, and ended with ${answers.length} answers and ${charges.length} charges`]
      : []),
    ...(after.length > 0 ? [`${after.length} requests were made after one whose outcome is unknown`] : []),
  ];
}

/** Of answers, which must be one and the same, and that of the charge. */
function wrongAnswers({ answers }: Outcome, { charges, record }: Truth): readonly string[] {
  const ids = new Set(answers.map(({ id }) => id));
  const strangers = [...ids].filter((id) => !charges.some((charge) => charge.id === id));
  const recorded =
    record?.state === 'completed' ? (JSON.parse(record.result) as Partial<Charge>).id : undefined;
  const isRecorded = recorded !== undefined;
  return [
    ...(ids.size > 1 ? [`callers got ${[...ids].join(' and ')}`] : []),
    ...strangers.map((id) => `a caller got "${id}", which was never charged`),
    ...(isRecorded && !charges.some(({ id }) => id === recorded)
      ? [`"${recorded}" is recorded and was never charged`]
      : []),
    ...(answers.length > 0 && !isRecorded ? ['a caller got what is not recorded'] : []),
    ...(answers.length > 0 && isRecorded && !ids.has(recorded)
      ? [`"${recorded}" is recorded, and not what callers got`]
      : []),
  ];
}

/** Judges a key by what callers got, by what was done to its requests, and by what is there in the end. */
export function judge(outcome: Outcome, truth: Truth): Verdict {
  const { plan, answers, isHeld, isSettled } = outcome;
  const { charges, record } = truth;
  const isChargedTwice = charges.length > 1;
  const wrong = [
    ...(isChargedTwice ? [`it was charged ${charges.length} times`] : []),
    ...(charges.some(({ amount }) => amount !== plan.amount) ? ['another amount was charged'] : []),
    ...(answers.length === 0 && !isHeld ? ['its callers never got an answer'] : []),
    ...(answers.length > 0 && isHeld ? ['it was answered and is held'] : []),
    ...(isSettled ? [] : ['one more caller got something else']),
    ...wrongAnswers(outcome, truth),
    ...(isHttp(outcome) ? wrongHold(outcome, truth) : []),
    ...(plan.group === 'atomic' && charges.length !== 1
      ? [`it was charged ${charges.length} times, expected once`]
      : []),
    ...(plan.group === 'atomic' && record?.state !== 'completed' ? ['its charge is not recorded'] : []),
  ];
  return { isChargedTwice, wrong };
}

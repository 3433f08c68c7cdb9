import type { Subject } from './subject.ts';

export interface Verdict {
  readonly ok: boolean;
  /** What was seen, in one short sentence. */
  readonly observed: string;
}

/** One hole, as a black-box test of whoever is put in it. Prints nothing and leaves nothing running. */
export interface Scenario {
  readonly id: `${'H' | 'I'}${number}`;
  /** The hole, as it is when it is there. */
  readonly title: string;
  /** It needs a DynamoDB with transactions, which dynalite is not. Default false. */
  readonly needsTransactions?: boolean;
  run(subject: Subject): Promise<Verdict>;
}

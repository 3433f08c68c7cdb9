import type { Subject } from './subject.ts';

export interface Verdict {
  readonly ok: boolean;
  /** What was seen, in one short sentence. */
  readonly observed: string;
}

/** One hole, as a black-box test of whoever is put in it. Prints nothing and leaves nothing running. */
export interface Scenario {
  readonly id: `H${number}`;
  /** The hole, as it is when it is there. */
  readonly title: string;
  run(subject: Subject): Promise<Verdict>;
}

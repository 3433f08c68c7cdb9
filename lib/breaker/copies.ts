import type { Condition, Item } from '../core/store.ts';
import { copyKey, type Verdict, writeVerdict } from './verdict.ts';

export interface CopyWrite {
  readonly key: string;
  readonly item: Item;
  readonly when: Condition;
}

/** What brings the nth copy of a verdict up to date, if it is not already. */
export const copyWrite = (name: string, verdict: Verdict, copy: number): CopyWrite => ({
  key: copyKey(name, copy),
  item: writeVerdict(verdict),
  when: ['absent', [{ attribute: 'version', is: '<', value: verdict.version }]],
});

/** And all of them. */
export const copyWrites = (name: string, verdict: Verdict): readonly CopyWrite[] =>
  Array.from({ length: verdict.items - 1 }, (_, copy) => copyWrite(name, verdict, copy + 1));

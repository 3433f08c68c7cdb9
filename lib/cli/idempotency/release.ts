import type { Store } from '../../core/store.ts';
import { asSeen } from '../../idempotency/protocol.ts';
import { ask } from '../table.ts';
import type { Sight } from './sight.ts';
import { ABSENT_HINT } from './words.ts';

/** What became of it: `refused` says why, and what to do. */
export type Released = { readonly released: true } | { readonly released: false; readonly refused: string };

const refuse = (refused: string): Released => ({ released: false, refused });

/** What `--force` would do. Undefined where a release is safe. */
const DANGERS = {
  unknown: undefined,
  expired: undefined,
  'in-progress':
    'its run may still be at work; wait until the lease has ended, or use --force: the next request then runs beside it, the effect may happen twice, and the result of this run is not recorded',
  completed:
    'it is completed, and its result is what a repeated request gets; use --force to forget it: the next request then runs, and the effect happens again',
} as const;

/** Deletes a record, if it is still the one that was seen. */
export async function release(store: Store, key: string, sight: Sight, force: boolean): Promise<Released> {
  if (sight.status === 'absent') return refuse(`there is no record. ${ABSENT_HINT}`);
  if (!('record' in sight))
    return refuse('this version of fibrin cannot read the record; use the version that the functions have');
  const danger = DANGERS[sight.status];
  if (danger !== undefined && !force) return refuse(danger);
  const when = asSeen(sight.record);
  const deleted = await ask(store, (signal) => store.delete(key, { when, signal }));
  if (deleted.applied) return { released: true };
  return refuse(
    deleted.current === undefined
      ? 'the record is gone by now: released by another operator, or by a request of this command whose answer was lost'
      : 'the record has changed since it was read; read it again with fibrin idempotency show',
  );
}

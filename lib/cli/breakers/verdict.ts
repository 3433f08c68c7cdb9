import { copyWrites } from '../../breaker/copies.ts';
import type { Transition } from '../../breaker/transitions.ts';
import {
  INITIAL,
  isOfLaterVersion,
  readVerdict,
  type Verdict,
  verdictKey,
  writeVerdict,
} from '../../breaker/verdict.ts';
import { FibrinError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { ask } from '../table.ts';

/** @throws {FibrinError} for an item that is none of this version's verdicts. */
export async function verdictOf(store: Store, name: string): Promise<Verdict> {
  const item = await ask(store, (signal) => store.get(verdictKey(name), { signal }));
  if (item === undefined) return INITIAL;
  const verdict = readVerdict(item);
  if (verdict) return verdict;
  throw new FibrinError(
    'UNKNOWN_VERDICT',
    isOfLaterVersion(item)
      ? `breaker "${name}" was written by a later version of fibrin, and is left alone; use the version that the functions have`
      : `breaker "${name}": what stands in ${verdictKey(name)} is no verdict; delete the item, and the breaker begins anew`,
  );
}

/** A fleet that is at work may change its verdict at any time. */
const TRIES = 10;

/** Makes a change of whatever the verdict is at the moment. Undefined: there is nothing to change. */
export async function changeVerdict(
  store: Store,
  name: string,
  change: (verdict: Verdict) => Transition | undefined,
): Promise<Verdict> {
  for (let tries = 0; tries < TRIES; tries++) {
    const verdict = await verdictOf(store, name);
    const transition = change(verdict);
    if (transition === undefined) return verdict;
    const { next, when } = transition;
    const { applied } = await ask(store, (signal) =>
      store.put(verdictKey(name), writeVerdict(next), { when, signal }),
    );
    if (!applied) continue;
    for (const { key, item, when: isOlder } of copyWrites(name, next))
      await ask(store, (signal) => store.put(key, item, { when: isOlder, signal }));
    return next;
  }
  throw new FibrinError('BUSY', `breaker "${name}" changes all the time; try again`);
}

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

/** @throws {FibrinError} for an item that this version cannot read. */
export async function readState(store: Store, name: string): Promise<Verdict> {
  const item = await ask(store, (signal) => store.get(verdictKey(name), { signal }));
  if (item === undefined) return INITIAL;
  const verdict = readVerdict(item);
  if (verdict) return verdict;
  throw new FibrinError(
    'UNREADABLE_BREAKER',
    isOfLaterVersion(item)
      ? `breaker "${name}" was written by a later version of fibrin and was not changed; use the version that the functions use`
      : `breaker "${name}": the item ${verdictKey(name)} is not the state of a breaker; delete it, and the breaker starts closed`,
  );
}

/** Environments may change the state at any time, so a change can be overtaken. More than a few in a row are no accident. */
const MAX_TRIES = 10;

/** Changes the state as it is at this moment. An undefined transition changes nothing. */
export async function changeState(
  store: Store,
  name: string,
  change: (verdict: Verdict) => Transition | undefined,
): Promise<Verdict> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const verdict = await readState(store, name);
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
  throw new FibrinError('BUSY', `breaker "${name}" was changed by others ${MAX_TRIES} times; try again`);
}

import { readState as readItem, type StoredState, stateKey, writeState } from '../../breaker/state.ts';
import type { Transition } from '../../breaker/transitions.ts';
import { FibrinError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { ask } from '../table.ts';

/** @throws {FibrinError} for an item that this version cannot read. */
export async function readState(store: Store, name: string): Promise<StoredState> {
  const item = await ask(store, (signal) => store.get(stateKey(name), { signal }));
  const { state, unreadable } = readItem(name, item);
  if (state) return state;
  throw new FibrinError('UNREADABLE_BREAKER', unreadable);
}

/** Environments may change the state at any time, so a change can be overtaken. More than a few in a row are no accident. */
const MAX_TRIES = 10;

/** Changes the state as it is at this moment. An undefined transition changes nothing. */
export async function changeState(
  store: Store,
  name: string,
  change: (stored: StoredState) => Transition | undefined,
): Promise<StoredState> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = await readState(store, name);
    const transition = change(stored);
    if (transition === undefined) return stored;
    const { next, when } = transition;
    const { applied } = await ask(store, (signal) =>
      store.put(stateKey(name), writeState(next), { when, signal }),
    );
    if (applied) return next;
  }
  throw new FibrinError('BUSY', `breaker "${name}" was changed by others ${MAX_TRIES} times; try again`);
}

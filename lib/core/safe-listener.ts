import { labelOf, warnOnce } from './warn-once.ts';

/** A thenable that is no native Promise, or one whose `then` throws when it is read, ends here too. */
async function awaited(value: unknown): Promise<void> {
  await value;
}

/**
 * A listener that never changes what it listens to. What it throws or rejects with ends here, with a warning, once for each
 * owner.
 * @param owner Names the listener in the warning, e.g. `posts: onEvent`.
 */
export function safeListener<E>(listener: (event: E) => unknown, owner = 'a listener'): (event: E) => void {
  const warn = (error: unknown) => warnOnce(owner, `threw ${labelOf(error)}; the event is lost`);
  return function notify(event) {
    try {
      const returned = listener(event);
      if (typeof returned === 'object') awaited(returned).catch(warn);
    } catch (error) {
      warn(error);
    }
  };
}

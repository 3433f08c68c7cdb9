/** A listener that never changes what it listens to. What it throws or rejects with ends here: it is what would report it. */
export function safeListener<E>(listener: (event: E) => unknown): (event: E) => void {
  return function notify(event) {
    try {
      const returned = listener(event);
      // Also a thenable that is no native Promise, or one whose `then` throws when it is read.
      if (returned) (async () => returned)().catch(() => undefined);
    } catch {
      // See above.
    }
  };
}

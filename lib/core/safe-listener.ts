const ignore = () => {};

/** A thenable that is no native Promise, or one whose `then` throws when it is read, ends here too. */
async function awaited(value: unknown): Promise<void> {
  await value;
}

/** A listener that never changes what it listens to. What it throws or rejects with ends here: it is what would report it. */
export function safeListener<E>(listener: (event: E) => unknown): (event: E) => void {
  return function notify(event) {
    try {
      const returned = listener(event);
      if (typeof returned === 'object') awaited(returned).catch(ignore);
    } catch {
      // See above.
    }
  };
}

/** To be told of something is never worth a call: whatever a listener throws or rejects with ends here. */
export function safeListener<E>(listener: (event: E) => unknown): (event: E) => void {
  return function notify(event) {
    try {
      const told = listener(event);
      if (told instanceof Promise) told.catch(() => undefined);
    } catch {
      // Nobody is left to tell: what failed is what would have told.
    }
  };
}

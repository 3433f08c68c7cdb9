/** Deeper than any chain of promises in this toolkit, and still quick. */
const TURNS = 50;

/**
 * Lets everything that is ready run: promises, and what they make ready in turn, up to 50 turns deep. No time passes. It
 * waits for nothing that comes from outside: files, sockets, other processes.
 * @example
 * ```ts
 * let done = false;
 * void Promise.resolve().then(() => {
 *   done = true;
 * });
 * await settle();
 * console.log(done); // true
 * ```
 */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
}

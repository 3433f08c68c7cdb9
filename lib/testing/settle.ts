/**
 * More than the deepest chain of promises in this toolkit: a probe of a shared breaker under all policies takes about 40 turns, and
 * a call within that call up to 75. Eighty turns take about eight microseconds.
 */
const TURNS = 80;

/**
 * Lets everything that is ready run: promises, and what they make ready in turn, up to 80 turns deep. No time passes. It
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

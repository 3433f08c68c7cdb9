/**
 * Twice the deepest chain of promises in this toolkit: a probe of a shared breaker under all policies takes about 40 turns, and
 * a call within that call some more. A hundred turns take about ten microseconds.
 */
const TURNS = 64;

/**
 * Lets everything that is ready run: promises, and what they make ready in turn, up to 64 turns deep. No time passes. It
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

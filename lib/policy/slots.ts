import { InvalidOptionError } from '../core/errors.ts';
import type { Invoke, Layer } from '../core/layer.ts';
import { checkOptions } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/**
 * The layers of `resilient` by name, outermost first. A later policy is one more name here and one more file.
 *
 * The order has reasons: a fallback stands in for whatever fails inside it, the deadline limits waits between attempts too, a
 * value that is kept costs no attempt, each branch of a hedged call has its own retries, every attempt is counted by the breaker
 * and rejected while it is open, which takes no token and no slot, a call that waits for a token holds no slot, what waits takes
 * nothing of the attempt's time, and what is counted was validated.
 */
export const SLOTS = [
  'telemetry',
  'fallback',
  'deadline',
  'cache',
  'hedge',
  'retry',
  'breaker',
  'rateLimit',
  'bulkhead',
  'timeout',
  'validation',
  'faults',
] as const;

export type Slot = (typeof SLOTS)[number];

/** A layer of a user's own, and where it goes. Before is outside of. */
export type PlacedLayer<T> =
  | { readonly before: Slot; readonly after?: undefined; readonly layer: Layer<T> }
  | { readonly after: Slot; readonly before?: undefined; readonly layer: Layer<T> };

/** @throws {InvalidOptionError} for a layer without one place. */
export function checkPlacedLayers<T>(owner: string, layers: readonly PlacedLayer<T>[]): void {
  const slot = rule.oneOf(...SLOTS);
  for (const [index, placed] of layers.entries()) {
    checkOptions(`${owner}[${index}]`, placed, {
      required: { layer: rule.fn() },
      optional: { before: slot, after: slot },
    });
    if ((placed.before === undefined) === (placed.after === undefined))
      throw new InvalidOptionError(`${owner}[${index}]: expected one of \`before\` and \`after\``);
  }
}

const isInvoke = <T>(made: unknown): made is Invoke<T> => typeof made === 'function';

/** A user's own layer may throw at once, or give a value: here it always gives a promise. */
const settling =
  <T>(owner: string, layer: Layer<T>): Layer<T> =>
  (next) => {
    const invoke: unknown = layer(next);
    if (!isInvoke<T>(invoke))
      throw new InvalidOptionError(
        `${owner}: expected \`layer\` to return a function, got ${rule.show(invoke)}`,
      );
    return async function callOwnLayer(execution) {
      return invoke(execution);
    };
  };

/**
 * All layers in order, outermost first. A slot that nothing fills still is a place.
 * @param own What fills the slots, outermost first. What is no layer is left out.
 * @throws {InvalidOptionError} when they are composed, for a user's own layer that makes no function.
 */
export function inOrder<T>(
  owner: string,
  placed: readonly PlacedLayer<T>[],
  own: Readonly<Record<Slot, readonly (Layer<T> | false | undefined)[]>>,
): readonly Layer<T>[] {
  const at = (where: 'before' | 'after', slot: Slot) =>
    placed.flatMap((each, index) =>
      each[where] === slot ? [settling(`${owner}[${index}]`, each.layer)] : [],
    );
  return SLOTS.flatMap((slot) => [
    ...at('before', slot),
    ...own[slot].filter((layer) => typeof layer === 'function'),
    ...at('after', slot),
  ]);
}

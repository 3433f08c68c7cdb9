import { seededRandom } from '../../lib/testing/index.ts';
import { fixedPoints, type Point, RANDOM_POINTS, type Variant } from './points.ts';

/** One key, and how the processes die that are asked for it. */
export interface Plan {
  readonly key: string;
  readonly variant: Variant;
  readonly point: Point;
  /** One process each. Where the place is random, the share of its way that it gets to go, in [0, 1). */
  readonly shares: readonly number[];
}

export type Place = Pick<Plan, 'variant' | 'point'>;

/** Where a process of a variant can die: at each place that was chosen, and so many times at any. */
export function placesOf(variant: Variant, randomWeight: number): readonly Place[] {
  // A second process is refused where the first was held: there is nothing of it to kill.
  const anywhere = RANDOM_POINTS.filter((point) => variant !== 'plain hold' || point !== 'any await, twice');
  const points: readonly Point[] = [
    ...fixedPoints(variant),
    ...Array.from({ length: randomWeight }, () => anywhere).flat(),
  ];
  return points.map((point) => ({ variant, point }));
}

/** So many keys over these places, by turns: the same for the same seed. */
export function planOf(
  places: readonly Place[],
  seed: number,
  keys: number = places.length,
): readonly Plan[] {
  const random = seededRandom(seed);
  return Array.from({ length: Math.ceil(keys / places.length) }, () => places)
    .flat()
    .slice(0, keys)
    .map((place, n) => {
      const processes = place.point === 'any await, twice' ? 2 : 1;
      return {
        ...place,
        key: `${place.variant} ${n}`,
        shares: Array.from({ length: processes }, () => random.next()),
      };
    });
}

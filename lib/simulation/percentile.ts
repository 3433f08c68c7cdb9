/**
 * The value below which a fraction of all values lies.
 * @param values Those other than 0, in any order.
 * @param count How many there are in all.
 */
export function percentile(values: readonly number[], count: number, fraction: number): number {
  const above = count - Math.ceil(count * fraction);
  return [...values].sort((a, b) => b - a)[above] ?? 0;
}

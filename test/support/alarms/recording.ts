/** What a metric had in each minute, the first minute at index 0. Undefined: no data. */
export type Minutes = readonly (number | undefined)[];

/** A recorded metric, in the statistics of CloudWatch over any span of minutes. Counts are sums, so `SampleCount` is their sum too. */
export class Recording {
  readonly #minutes: Minutes;
  readonly #sums: readonly number[];
  readonly #present: readonly number[];

  constructor(minutes: Minutes) {
    this.#minutes = minutes;
    const sums = [0];
    const present = [0];
    for (const [index, value] of minutes.entries()) {
      sums.push((sums[index] ?? 0) + (value ?? 0));
      present.push((present[index] ?? 0) + (value === undefined ? 0 : 1));
    }
    this.#sums = sums;
    this.#present = present;
  }

  get length(): number {
    return this.#minutes.length;
  }

  /** Of the minutes `from` ≤ minute < `until`. Undefined where none has data. */
  statistic(name: string, from: number, until: number): number | undefined {
    const [first, last] = [Math.max(from, 0), Math.min(Math.max(until, 0), this.length)];
    const between = (totals: readonly number[]) => (totals[last] ?? 0) - (totals[first] ?? 0);
    const present = last > first ? between(this.#present) : 0;
    if (present === 0) return undefined;
    const values = () => this.#minutes.slice(first, last).filter((value) => value !== undefined);
    switch (name) {
      case 'Sum':
      case 'SampleCount':
        return between(this.#sums);
      case 'Average':
        return between(this.#sums) / present;
      case 'Maximum':
        return Math.max(...values());
      case 'Minimum':
        return Math.min(...values());
      default:
        throw new Error(`a recording knows no statistic ${name}`);
    }
  }
}

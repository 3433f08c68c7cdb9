/** Makes one call, and ends when that has settled, whatever came of it. */
export type OneCall = () => Promise<unknown>;

export interface Case {
  readonly name: string;
  /** Made anew for each round, so that no round inherits what the one before has left. */
  readonly make: () => OneCall | Promise<OneCall>;
}

/** Nanoseconds a call, round by round: the nth of each case were measured next to each other. */
export interface Measured {
  readonly name: string;
  readonly rounds: readonly number[];
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const ROUNDS = 11;
const CALLS = 50_000;

async function round(one: OneCall): Promise<number> {
  const startedAt = process.hrtime.bigint();
  for (let call = 0; call < CALLS; call++) await one();
  return Number(process.hrtime.bigint() - startedAt) / CALLS;
}

/** Measures all in turn, round by round, so that a machine that is slow for a while is so for all of them. */
export async function measure(cases: readonly Case[]): Promise<readonly Measured[]> {
  const measured = cases.map(({ name }) => ({ name, rounds: [] as number[] }));
  // The first round is for the compiler.
  for (let n = 0; n <= ROUNDS; n++) {
    for (const [index, { make }] of cases.entries()) {
      const ns = await round(await make());
      if (n > 0) measured[index]?.rounds.push(ns);
    }
  }
  return measured;
}

export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}

/** How many times faster one is than the other, of each round. */
export function timesFaster(one: Measured, other: Measured): Spread {
  return spreadOf(one.rounds.map((ns, index) => (other.rounds[index] ?? Number.NaN) / ns));
}

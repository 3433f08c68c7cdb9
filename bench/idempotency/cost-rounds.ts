/* Measures calls of all cases in turn, round by round. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { systemRandom } from '../../lib/core/random.ts';
import { spreadOf } from '../measure.ts';
import { type CostCase, callsOf, type Kind } from './cost-cases.ts';

type OneCall = () => Promise<unknown>;

/** Of one case in one round. */
export interface Round {
  /** Of this process, a call: the store is another one. */
  readonly cpuUs: number;
  readonly p50Us: number;
  /** With `AT_ONCE` calls under way. */
  readonly callsPerS: number;
}

export const AT_ONCE = 16;
/** For each of them that is made by itself. */
const AT_ONCE_CALLS = 4;
/** A hit takes microseconds: so many make a measure. */
const HITS = 20;

/** For the compiler. */
const WARM_UP_ROUNDS = 10;

/** One after the other, as an execution environment is called. */
async function alone(call: OneCall, calls: number): Promise<Pick<Round, 'cpuUs' | 'p50Us'>> {
  const tookMs: number[] = [];
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n++) {
    const startedAt = performance.now();
    await call();
    tookMs.push(performance.now() - startedAt);
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: (user + system) / calls, p50Us: spreadOf(tookMs).median * 1_000 };
}

/** As where an environment serves many at once. */
async function atOnce(call: OneCall, calls: number): Promise<number> {
  let left = calls;
  const caller = async () => {
    while (left-- > 0) await call();
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return (calls * 1_000) / (performance.now() - startedAt);
}

const inAnyOrder = <T>(values: readonly T[]): readonly T[] =>
  values
    .map((value) => ({ value, at: systemRandom.next() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ value }) => value);

/**
 * Each round has an order of its own, so that a machine that is slow for a while is so for all, and no case always comes behind the
 * same one. First all are called one after the other: many at once leave the store work behind.
 * @param calls Of each case in a round, one after the other.
 */
export async function measured(
  cases: readonly CostCase[],
  kind: Kind,
  { rounds, calls }: { readonly rounds: number; readonly calls: number },
): Promise<readonly (readonly Round[])[]> {
  const each = await Promise.all(cases.map(({ handler }) => callsOf(handler(kind), kind)));
  const all = cases.map(() => [] as Round[]);
  const count = kind === 'hit' ? calls * HITS : calls;
  for (let n = -WARM_UP_ROUNDS; n < rounds; n++) {
    const entries = [...each.entries()];
    const costs: Pick<Round, 'cpuUs' | 'p50Us'>[] = [];
    for (const [index, call] of inAnyOrder(entries)) costs[index] = await alone(call, count);
    for (const [index, call] of inAnyOrder(entries)) {
      const callsPerS = await atOnce(call, count * AT_ONCE_CALLS);
      const one = { ...(costs[index] as (typeof costs)[0]), callsPerS };
      if (n >= 0) all[index]?.push(one);
    }
  }
  return all;
}

const REQUEST = 'http.client.request.start';

/** How many HTTP requests a call makes, whatever makes them. */
export async function countRequests({ handler }: CostCase, kind: Kind): Promise<number> {
  const call = await callsOf(handler(kind), kind);
  let requests = 0;
  const count = () => {
    requests++;
  };
  subscribe(REQUEST, count);
  await call();
  unsubscribe(REQUEST, count);
  return requests;
}

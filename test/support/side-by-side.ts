import { expect } from 'vitest';
import { type Api, type Profile, profileOf } from './api.ts';
import { sandboxesIn } from './sandboxes.ts';

/** A profile is answered within 1,200 ms of the start of its function. */
export const TOTAL_MS = 1_200;
/** Of the way to the function and back, on a machine that does other things too. */
const WAY_MS = 500;

const SIDES = {
  resilient: { path: '/api/profiles/', functionName: 'GetProfile' },
  naive: { path: '/api/naive/profiles/', functionName: 'GetProfileNaive' },
} as const;
export type Side = keyof typeof SIDES;

/** What a profile is made of, and what keeps it: each a target of faults. */
const TARGETS = ['users', 'posts', 'social', 'cache'] as const;
export type Target = (typeof TARGETS)[number];

export interface Answered {
  readonly id: number;
  /** Undefined: no answer came in time. */
  readonly status: number | undefined;
  readonly retryAfter: string | null;
  readonly body: Partial<Profile> | undefined;
  readonly durationMs: number;
  /** Whether it is right: the profile that was asked for, what is missing of it marked, in time. */
  readonly isGood: boolean;
}

/** What came of one load on one side. */
export interface SideFigures {
  /** Fraction of the requests that got a right answer in time. */
  readonly availability: number;
  /** How long answers took, and requests that got none waited. Milliseconds. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Requests that came to each target. */
  readonly attempts: Readonly<Record<Target, number>>;
  readonly answers: readonly Answered[];
}

export interface SideLoad {
  /** The profiles that are asked for, one request each. */
  readonly ids: readonly number[];
  /** From one request to the next, whether or not that is answered. Milliseconds; 0: all at once. */
  readonly everyMs: number;
  /** Switches the faults on. Called for each side. */
  readonly arrange?: () => Promise<unknown>;
  /** Sandboxes that are there before, so that none starts while it is measured. Default: as many requests as wait at once at most. */
  readonly sandboxes?: number;
}

/** As the stand-in services have it. */
function isRight(id: number, { user, posts, friendCount, degraded }: Partial<Profile>): boolean {
  const isPosts = (degraded?.includes('posts') ?? false) && posts?.length === 0;
  const isOwn = posts?.length === 1 + (id % 5) && posts.every((post) => post.id.startsWith(`${id}-`));
  const isNoCount = (degraded?.includes('friendCount') ?? false) && friendCount === null;
  return user?.id === String(id) && (isPosts || isOwn) && (isNoCount || friendCount === (id * 37) % 500);
}

async function ask(api: Api, side: Side, id: number): Promise<Answered> {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(TOTAL_MS + WAY_MS);
  let answer: Pick<Answered, 'status' | 'retryAfter' | 'body'>;
  try {
    const response = await api.get(`${SIDES[side].path}${id}`, { signal });
    const { status, headers } = response;
    answer = { status, retryAfter: headers.get('retry-after'), body: await profileOf(response) };
  } catch {
    answer = { status: undefined, retryAfter: null, body: undefined };
  }
  const isGood = answer.status === 200 && isRight(id, answer.body ?? {});
  return { ...answer, id, isGood, durationMs: performance.now() - startedAt };
}

const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The value that so many percent are not above. */
function percentileOf(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

const trafficOf = async (api: Api) =>
  Promise.all(TARGETS.map(async (target) => [target, (await api.traffic(target)).requests] as const));

/** Until nothing runs any more that a request has left behind. */
const untilIdle = (api: Api, side: Side) =>
  expect
    .poll(async () => (await sandboxesIn(api, SIDES[side].functionName).list()).map(({ state }) => state))
    .not.toContain('busy');

/** Has so many sandboxes of a side that wait for requests. */
async function warmSandboxes(api: Api, side: Side, count: number): Promise<void> {
  const sandboxes = sandboxesIn(api, SIDES[side].functionName);
  if ((await sandboxes.list()).length >= count) return;
  // Each is busy for a while with what no breaker minds, so that the next request needs another one.
  await api.fault('social', { kind: 'hang' });
  await sandboxes.start(count, () => ask(api, side, 999_999));
  await api.clearFaults();
  await untilIdle(api, side);
}

/** Puts one side under a load. */
export async function figuresOf(api: Api, side: Side, load: SideLoad): Promise<SideFigures> {
  const { ids, everyMs, arrange, sandboxes = 0 } = load;
  await warmSandboxes(api, side, sandboxes);
  await arrange?.();
  const before = new Map(await trafficOf(api));
  const startedAt = performance.now();
  const answers = await Promise.all(
    ids.map(async (id, n) => {
      await after(Math.max(0, startedAt + n * everyMs - performance.now()));
      return ask(api, side, id);
    }),
  );
  const attempts = (await trafficOf(api)).map(([target, count]) => [
    target,
    count - (before.get(target) ?? 0),
  ]);
  await api.clearFaults();
  await untilIdle(api, side);
  const tookMs = answers.map(({ durationMs }) => durationMs);
  return {
    availability: answers.filter(({ isGood }) => isGood).length / answers.length,
    p50Ms: percentileOf(tookMs, 50),
    p95Ms: percentileOf(tookMs, 95),
    p99Ms: percentileOf(tookMs, 99),
    attempts: Object.fromEntries(attempts) as Record<Target, number>,
    answers,
  };
}

/** A row of the scorecard. */
function lineOf(
  row: string,
  side: Side,
  { availability, p50Ms, p99Ms, attempts, answers }: SideFigures,
): string {
  const perRequest = TARGETS.map((target) => `${target} ${(attempts[target] / answers.length).toFixed(2)}`);
  return [
    `${row} ${side}: ${(100 * availability).toFixed(1)} % available`,
    `p50 ${Math.round(p50Ms)} ms, p99 ${Math.round(p99Ms)} ms`,
    `attempts per request: ${perRequest.join(', ')}`,
  ].join('; ');
}

/**
 * Puts the resilient and the naive function under the same load, with the same faults and the same profiles, one after the other, and
 * prints a line for each.
 */
export async function sideBySide(
  api: Api,
  row: string,
  load: SideLoad,
): Promise<Readonly<Record<Side, SideFigures>>> {
  const resilient = await figuresOf(api, 'resilient', load);
  const naive = await figuresOf(api, 'naive', load);
  console.log(`${lineOf(row, 'resilient', resilient)}\n${lineOf(row, 'naive', naive)}`);
  return { resilient, naive };
}

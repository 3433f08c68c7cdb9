import { callAll, INVOCATION_MS } from './call.ts';
import type { Example } from './collect.ts';
import { runGuarded } from './guard.ts';
import { load, namesAwaitedIn, type Scope } from './module.ts';
import type { Mode, Services } from './services.ts';
import { settleInTime, settleRequests } from './time.ts';

/** The default of `totalTimeoutMs`, for an example without a shorter limit. Milliseconds. */
const LONGEST_MS = 10_000;

/** How what an example calls behaves. */
export const SITUATIONS = {
  'all answer': { services: 'answers', store: 'answers' },
  'services refuse': { services: 'refuses', store: 'answers' },
  'services hang': { services: 'hangs', store: 'answers' },
  'the store refuses': { services: 'answers', store: 'refuses' },
  'the store hangs': { services: 'answers', store: 'hangs' },
} as const satisfies Record<string, { services: Mode; store: Mode }>;

export type Situation = keyof typeof SITUATIONS;

/** The end of an example. */
export interface Ended {
  /** What it has awaited, and what its functions gave, by name. */
  readonly values: Scope;
  /** Present where it threw. */
  readonly thrown?: { readonly error: unknown };
  /** How many requests its services had. */
  readonly requests: number;
}

/**
 * How long an example may take. A handler has its invocation's time; where its services fail, the time that the example
 * gives its calls is enough.
 */
function limitMsOf({ code }: Example, situation: Situation): number {
  const total = /\btotalTimeoutMs: ([\d_]+)/.exec(code)?.[1];
  const ownMs = total === undefined ? LONGEST_MS : Number(total.replaceAll('_', ''));
  if (!/\bexport const handler\b/.test(code)) return ownMs;
  return situation.startsWith('services ') ? Math.min(ownMs, INVOCATION_MS) : INVOCATION_MS;
}

/**
 * Runs an example once. Time has to be stopped.
 * @throws where it does what no example may: takes too long, calls another machine, leaves a rejection unhandled, or imports
 * what is not there.
 */
export async function runExample(example: Example, situation: Situation, services: Services): Promise<Ended> {
  const body = await load(example, services.origin);
  await services.begin(SITUATIONS[situation]);
  let values: Scope = {};
  let thrown: { readonly error: unknown } | undefined;
  const work = async () => {
    try {
      const scope = await body();
      const awaited = namesAwaitedIn(example.code).map((name) => [name, scope[name]] as const);
      values = { ...Object.fromEntries(awaited), ...(await callAll(example, scope, services.origin)) };
    } catch (error) {
      thrown = { error };
    }
  };
  await runGuarded(async () => {
    try {
      await settleInTime(work(), limitMsOf(example, situation), services.isBusy);
    } finally {
      services.release();
      await settleRequests(services.isBusy);
    }
  });
  return { values, requests: services.requests(), ...(thrown && { thrown }) };
}

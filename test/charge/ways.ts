import type { ClientName } from './clients.ts';

/** The kinds of faults that the requests of a way meet in turn. `any`: refusals, each tried again, and then any other. */
export type FaultOrder = 'any' | 'unknown' | 'refusal' | 'unknown, refusal' | 'none';

/** A way in which a handler calls its client. */
export interface CallWay {
  readonly faults: FaultOrder;
  /** Whether idempotency sees all that happens in it. Where it does not, the campaign finds keys that are charged twice. */
  readonly isGuarded: boolean;
  /** Default: all. */
  readonly clients?: readonly ClientName[];
}

export const WAYS = {
  plain: { faults: 'any', isGuarded: true },
  timeout: { faults: 'any', isGuarded: true },
  resilient: { faults: 'any', isGuarded: true },
  'retry of refusals': { faults: 'any', isGuarded: true },
  /** What must not be done with a charge, and must not free its key all the same. */
  'retry of all': { faults: 'unknown, refusal', isGuarded: true },
  'retry into an open breaker': { faults: 'unknown', isGuarded: true },
  'answers 502': { faults: 'unknown', isGuarded: true },
  'own retry of got': { faults: 'unknown, refusal', isGuarded: true, clients: ['got'] },
  'own retry of others': {
    faults: 'unknown, refusal',
    isGuarded: false,
    clients: ['ky', 'ofetch', 'undici'],
  },
  "handler's own loop": { faults: 'unknown, refusal', isGuarded: false },
  'fallback that charges': { faults: 'unknown, refusal', isGuarded: true },
  'redirects followed': { faults: 'any', isGuarded: false },
  'second call refused': { faults: 'none', isGuarded: false },
  'throws 400': { faults: 'unknown', isGuarded: true },
  'throws 502': { faults: 'refusal', isGuarded: true },
} as const satisfies Readonly<Record<string, CallWay>>;

/** Whether the client tries again by itself. */
export const isOwnRetry = (way: WayName): boolean => way.startsWith('own retry');

export type WayName = keyof typeof WAYS;
export const WAY_NAMES: readonly WayName[] = Object.keys(WAYS) as WayName[];
export const GUARDED: readonly WayName[] = WAY_NAMES.filter((name) => WAYS[name].isGuarded);

import { vi } from 'vitest';
import type { Store } from '../../lib/core/store.ts';
import type { IdempotencyEvent, IdempotencyEventKind } from '../../lib/idempotency/events.ts';
import { idempotent } from '../../lib/idempotency/idempotent.ts';
import type { IdempotencyOptions } from '../../lib/idempotency/options.ts';
import type { Claim } from '../../lib/idempotency/run-once.ts';
import { memoryStore } from '../../lib/store/memory.ts';
import { type FakeClock, fakeClock, seededRandom } from '../../lib/testing/index.ts';

export interface Request {
  readonly key?: unknown;
  readonly body?: unknown;
}

const REMAINING_MS = 3_000;
/** The remaining time of a call and the margin. */
export const LEASE_MS: number = REMAINING_MS + 5_000;

export const never = (): Promise<never> => new Promise(() => {});

export interface World {
  readonly clock: FakeClock;
  /** Its operations can be replaced one by one. */
  readonly store: { -readonly [Name in keyof Store]: Store[Name] };
  readonly runs: () => number;
  readonly events: IdempotencyEvent[];
  /** What happened to keys since the last time that one asked. */
  readonly happened: () => readonly IdempotencyEventKind[];
  /** Settles with the answer or, as well, the error. */
  readonly call: (request?: Request, remainingMs?: number) => Promise<unknown>;
  readonly callIn: (context: unknown, request?: Request) => Promise<unknown>;
}

/** One handler on a store and a clock of its own. */
export function idempotencyWorld(
  run: (claim: Claim) => Promise<unknown>,
  more: Partial<IdempotencyOptions<Request>> = {},
): World {
  const clock = fakeClock();
  const store = { ...(more.store ?? memoryStore()) };
  const events: IdempotencyEvent[] = [];
  const handler = vi.fn(run);
  const order = idempotent<Request, unknown, unknown>(
    {
      operation: 'order',
      key: ({ key = 'k' }) => key,
      payload: ({ body }) => body,
      clock,
      random: seededRandom(1),
      onEvent: (event) => events.push(event),
      ...more,
      store,
    },
    (_request, _context, claim) => handler(claim),
  );
  const callIn: World['callIn'] = (context, request = {}) =>
    order(request, context).catch((error: unknown) => error);
  let seen = 0;
  return {
    clock,
    store,
    runs: () => handler.mock.calls.length,
    events,
    happened() {
      const kinds = events.slice(seen).map(({ kind }) => kind);
      seen = events.length;
      return kinds;
    },
    callIn,
    call: (request, remainingMs = REMAINING_MS) =>
      callIn({ getRemainingTimeInMillis: () => remainingMs }, request),
  };
}

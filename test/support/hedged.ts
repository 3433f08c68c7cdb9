import { sleep } from '../../lib/core/clock.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import type { PolicyEvent } from '../../lib/core/policy-event.ts';
import { hedge, type Outcome, resilient } from '../../lib/index.ts';
import type { HedgeOptions } from '../../lib/policy/hedge-options.ts';
import type { ResilientOptions } from '../../lib/policy/options.ts';
import { type FakeClock, fakeClock } from '../../lib/testing/index.ts';
import { lowest } from './retried.ts';

/** What one call of the function does: answers with this, or rejects with it, after so many milliseconds. */
export type Script = Readonly<Record<number, { readonly ms: number; readonly error?: unknown }>>;

/** A function that does as its script says for each attempt, and gives the number of the attempt. Others never answer. */
export function scripted(clock: FakeClock, script: Script) {
  const signals: AbortSignal[] = [];
  const calledAt: number[] = [];
  const call = async ({ attempt, signal }: CallContext): Promise<number> => {
    calledAt.push(clock.monotonic());
    signals.push(signal);
    const step = script[attempt] ?? { ms: 1e9 };
    await sleep(clock, step.ms, signal);
    if ('error' in step) throw step.error;
    return attempt;
  };
  return { call, calledAt, signals };
}

/** A policy that hedges after 100 ms, and what it reports. */
export function hedged(given: Partial<ResilientOptions<number>> = {}, options: Partial<HedgeOptions> = {}) {
  const clock = fakeClock();
  const events: PolicyEvent[] = [];
  const policy = resilient<number>({
    ...{ name: 'posts', clock, random: lowest, hedge: hedge({ delayMs: 100, ...options }) },
    onEvent: (event) => events.push(event),
    ...given,
  });
  /** Makes a call and lets it end. */
  const run = async (script: Script, more = {}): Promise<Outcome<number>> => {
    const outcome = policy.outcome(scripted(clock, script).call, more);
    await clock.advance(60_000);
    return outcome;
  };
  const ofKind = (kind: PolicyEvent['kind']) => events.filter((event) => event.kind === kind);
  return { clock, events, ofKind, policy, run };
}

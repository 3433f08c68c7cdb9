import { MAX_HOLD_MS, WARMUP_SOURCE, type WarmupAnswer, type WarmupPing } from '#core/warmup';
import type { Invoke } from './invoke.ts';

export interface PingOptions {
  /** With the qualifier. */
  readonly arn: string;
  /** How many environments are wanted. */
  readonly environments: number;
  readonly holdMs: number;
  /** What is left for all of it. */
  readonly leftMs: () => number;
  readonly invoke: Invoke;
}

export interface Pinged {
  /** How many different environments have answered. */
  readonly environments: number;
  /** Answers that name no environment: the function has no middleware `warmup`. */
  readonly unnamed: number;
  /** How often pings failed, by the type of the error. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Each round holds longer, and finds the connections open that the one before has made: then all pings arrive at once. */
const ROUNDS = 3;
const LONGER = 3;

function environmentOf(payload: string): string | undefined {
  try {
    const { environment } = JSON.parse(payload) as Partial<WarmupAnswer>;
    return typeof environment === 'string' ? environment : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Sends as many pings at once as environments are wanted. Each is held, so that the others go to other environments; which ones
 * those were they say themselves. Where some came too late and met an environment that was free again, all are sent once more.
 * A refused ping ends it: more of them would take from requests what there is.
 */
export async function pingAll({ arn, environments, holdMs, leftMs, invoke }: PingOptions): Promise<Pinged> {
  const met = new Set<string>();
  const errors: Record<string, number> = {};
  let unnamed = 0;
  let heldMs = holdMs;
  for (let round = 1; round <= ROUNDS; round++) {
    const ping: WarmupPing = { source: WARMUP_SOURCE, holdMs: heldMs };
    const pings = Array.from({ length: environments }, () => invoke(arn, JSON.stringify(ping), leftMs()));
    unnamed = 0;
    for (const result of await Promise.all(pings)) {
      const name = result.kind === 'answer' ? environmentOf(result.payload) : undefined;
      if (name !== undefined) met.add(name);
      else if (result.kind === 'answer') unnamed++;
      else errors[result.errorType] = (errors[result.errorType] ?? 0) + 1;
    }
    if (met.size >= environments || unnamed > 0 || Object.keys(errors).length > 0) break;
    heldMs = Math.min(MAX_HOLD_MS, Math.max(1, heldMs) * LONGER);
  }
  return { environments: Math.min(met.size, environments), unnamed, errors };
}

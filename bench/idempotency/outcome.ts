import { setTimeout as sleep } from 'node:timers/promises';

/** How a call ended. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'nothing' };

export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { kind: 'value', value: await call };
  } catch (error) {
    return { kind: 'error', error };
  }
}

/** As above, but gives up: a call that hangs ends with nothing. */
export async function outcomeWithin(limitMs: number, call: Promise<unknown>): Promise<Outcome> {
  const given = new AbortController();
  const nothing = sleep(limitMs, { kind: 'nothing' } as const, { signal: given.signal }).catch(
    () => ({ kind: 'nothing' }) as const,
  );
  const outcome = await Promise.race([outcomeOf(call), nothing]);
  given.abort();
  return outcome;
}

export const show = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));

/** An outcome in a word or three, for a table. */
export function say(outcome: Outcome): string {
  if (outcome.kind === 'nothing') return 'nothing';
  if (outcome.kind === 'value') return show(outcome.value);
  return outcome.error instanceof Error ? outcome.error.name : show(outcome.error);
}

export const errorOf = (outcome: Outcome): unknown => (outcome.kind === 'error' ? outcome.error : undefined);

export const times = (count: number, what = 'run'): string => `${count} ${what}${count === 1 ? '' : 's'}`;

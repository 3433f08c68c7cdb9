/**
 * What a function under test is to do with an event. It is somewhere in the event as the member `probe` of an object, or of
 * a text that is such an object in JSON.
 */
export interface Plan {
  /** What it is written down under. */
  readonly id: string;
  /** Which of several of one id. */
  readonly n?: number;
  /** Fails every attempt, or so many of the first. */
  readonly fail?: true | number;
  readonly error?: { readonly name: string; readonly message: string };
  readonly exit?: true;
  readonly sleepMs?: number;
  readonly log?: string;
  /** What it returns. */
  readonly answer?: unknown;
  /** Returns a text of so many characters. */
  readonly answerLength?: number;
}

/** Every plan in an event. */
export function plansIn(value: unknown): readonly Plan[] {
  if (typeof value === 'string') {
    if (!value.includes('probe')) return [];
    try {
      return plansIn(JSON.parse(value));
    } catch {
      // Text that only speaks of one.
      return [];
    }
  }
  if (typeof value !== 'object' || value === null) return [];
  const { probe, ...others } = value as { readonly probe?: Plan };
  const own = typeof probe?.id === 'string' ? [probe] : [];
  return [...own, ...Object.values(others).flatMap(plansIn)];
}

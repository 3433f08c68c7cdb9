import type { Item } from '../../../lib/core/store.ts';
import type { Ask } from './claims.ts';
import type { Invariant } from './violation.ts';

const WINDOW_MS = 10_000;
export const SLOT_MS = 500;

type Amounts = Readonly<Record<string, number>>;

/** The epoch and the window are in the key. */
const KEY = /^outcomes#posts#(\d+)#10000$/;
const epochOf = (key: string): number => Number(KEY.exec(key)?.[1] ?? Number.NaN);

const slotNameAt = (wall: number): string => Math.floor(wall / SLOT_MS).toString(36);
const isOfWindow = (attribute: string, wall: number): boolean => {
  const startsAt = Number.parseInt(attribute.slice(1), 36) * SLOT_MS;
  return startsAt + SLOT_MS > wall - WINDOW_MS && startsAt <= wall + WINDOW_MS;
};

/** What was reported of calls, beside what the store says. */
export class Reports {
  readonly #say: (invariant: Invariant, detail: string) => void;
  readonly #sums = new Map<string, Map<string, number>>();
  readonly #failures = new Map<number, number>();
  /** Keys of items that something else has changed. */
  readonly #tampered = new Set<string>();

  constructor(say: (invariant: Invariant, detail: string) => void) {
    this.#say = say;
  }

  asked(ask: Ask, key: string, amounts: Amounts, remove: readonly string[]): void {
    if (Object.keys(amounts).length > 0) this.#checkReport(ask, key, amounts);
    // What is stale is so by the time of the report.
    const wall = ask.call?.reportedAt ?? ask.moment.wall;
    const lost = remove.filter((attribute) => isOfWindow(attribute, wall));
    if (lost.length > 0) this.#say('counts of the window are kept', `${lost} are removed`);
  }

  /** A call is reported once, as what it came to, in the epoch in which it was made, at the time of its report. */
  #checkReport({ call, outcome, moment }: Ask, key: string, amounts: Amounts): void {
    const slot = slotNameAt(moment.wall);
    const isRight =
      call !== undefined &&
      call.reports++ === 0 &&
      amounts[`${outcome === 'failed' ? 'f' : 's'}${slot}`] === 1 &&
      Number(amounts[`c${slot}`]) >= 1 &&
      Object.keys(amounts).length === 2 &&
      outcome !== 'unknown' &&
      (call.epoch ?? epochOf(key)) === epochOf(key);
    if (call) call.reportedAt = moment.wall;
    if (isRight) return;
    const detail = `${JSON.stringify(amounts)} of a call in ${call?.epoch} that ${outcome} under ${key}`;
    this.#say('an outcome is counted once, as what it was and in its epoch', detail);
  }

  added(key: string, amounts: Amounts, remove: readonly string[]): void {
    const sums = this.#sums.get(key) ?? new Map<string, number>();
    this.#sums.set(key, sums);
    for (const name of remove) sums.delete(name);
    for (const [name, amount] of Object.entries(amounts)) sums.set(name, (sums.get(name) ?? 0) + amount);
    const isFailure = Object.keys(amounts).some((name) => name.startsWith('f'));
    if (isFailure) this.#failures.set(epochOf(key), this.failuresIn(epochOf(key)) + 1);
  }

  tampered(key: string): void {
    this.#tampered.add(key);
    this.#failures.set(epochOf(key), Number.POSITIVE_INFINITY);
  }

  failuresIn(epoch: number): number {
    return this.#failures.get(epoch) ?? 0;
  }

  /** The store holds what was reported, where nothing else has changed it. */
  checkSums(itemOf: (key: string) => Item): void {
    for (const [key, sums] of this.#sums) {
      if (this.#tampered.has(key)) continue;
      const { expiresAt: _, ...held } = itemOf(key);
      const names = new Set([...Object.keys(held), ...sums.keys()]);
      const wrong = [...names].filter((name) => held[name] !== sums.get(name));
      if (wrong.length > 0)
        this.#say('an outcome is counted once, as what it was and in its epoch', `${key}: ${wrong}`);
    }
  }
}

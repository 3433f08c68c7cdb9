import type { Item } from '../core/store.ts';

/** What the store was asked for, and what that costs. */
export interface StoreCosts {
  reads: number;
  readUnits: number;
  writes: number;
  writeUnits: number;
  throttled: number;
  /** When that was last so. Virtual milliseconds. */
  throttledMs: number | undefined;
  /** The most units of writes, and of reads, that one key has had in a second. */
  peakWrites: number;
  peakReads: number;
}

export const noCosts = (): StoreCosts => ({
  reads: 0,
  readUnits: 0,
  writes: 0,
  writeUnits: 0,
  throttled: 0,
  throttledMs: undefined,
  peakWrites: 0,
  peakReads: 0,
});

/**
 * Dollars for a million units, on demand, us-east-1.
 * @see https://aws.amazon.com/dynamodb/pricing/on-demand/
 */
const PRICES = { write: 0.625, read: 0.125 } as const;

/** What a million calls cost, in dollars. */
export const dollarsPerMillion = (from: StoreCosts, to: StoreCosts, calls: number): number =>
  calls === 0
    ? 0
    : ((to.writeUnits - from.writeUnits) * PRICES.write + (to.readUnits - from.readUnits) * PRICES.read) /
      calls;

const sizeOfValue = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value);
  // A byte for two digits, and one more.
  return typeof value === 'number' ? Math.ceil(String(value).replace(/\D/g, '').length / 2) + 1 : 1;
};

/** How many bytes an item takes, as DynamoDB counts them: about. */
export const sizeOf = (key: string, item: Item | undefined): number =>
  Object.entries(item ?? {}).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOfValue(value),
    Buffer.byteLength(key) + 2,
  );

export const writeUnitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1_024));
export const readUnitsOf = (bytes: number, isEventual: boolean): number =>
  Math.max(1, Math.ceil(bytes / 4_096)) * (isEventual ? 0.5 : 1);

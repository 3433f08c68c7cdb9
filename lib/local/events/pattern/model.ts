/** A value without parts: what a pattern is compared with at the leaves of an event. */
export type Scalar = string | number | boolean | null;

export interface NumericRange {
  readonly kind: 'numeric';
  readonly low: number;
  readonly lowIsIn: boolean;
  readonly high: number;
  readonly highIsIn: boolean;
}

/** Addresses from `low` to `high`, both included, in the form that `canonicalAddress` gives. */
export interface AddressBlock {
  readonly kind: 'cidr';
  readonly low: string;
  readonly high: string;
}

/** Text between the asterisks; one piece when there is none, `['', '']` for a lone `*`. */
export interface Wildcard {
  readonly kind: 'wildcard';
  readonly pieces: readonly string[];
}

export interface IgnoringCase {
  readonly kind: 'ignoring-case';
  readonly text: string;
  readonly where: 'whole' | 'start' | 'end';
  readonly expression: RegExp;
}

/** One element of the array that a pattern gives for a field. The field matches when one of them holds. */
export type Condition =
  | { readonly kind: 'exactly'; readonly value: Scalar }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'prefix' | 'suffix'; readonly text: string }
  | { readonly kind: 'exists'; readonly present: boolean }
  /** Holds for every leaf for which none of the conditions does. */
  | { readonly kind: 'anything-but'; readonly conditions: readonly Condition[] }
  | IgnoringCase
  | Wildcard
  | NumericRange
  | AddressBlock;

/** What a branch asks of its fields, by name: the path joined with dots, as Event Ruler has it. */
export type Branch = ReadonlyMap<string, readonly Condition[]>;

export interface BranchField {
  /** Which list of collected leaves belongs to this field. */
  readonly slot: number;
  readonly conditions: readonly Condition[];
}

/** A step on the way to the fields that a pattern names. */
export interface PathNode {
  readonly children: ReadonlyMap<string, PathNode>;
  /** Set where a field ends; the way may still go on below it. */
  readonly slot: number | undefined;
}

/** A pattern ready to be matched. It holds nothing of the object it was compiled from. */
export interface CompiledPattern {
  /** One of them must match; there is more than one only where the pattern has `$or`. */
  readonly branches: readonly (readonly BranchField[])[];
  readonly paths: PathNode;
  readonly slots: number;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

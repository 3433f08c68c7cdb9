import { isObject } from './property.ts';

/*
 * The rules an option can have, one function each, so that a bundle holds those that it uses.
 */

/** Says what an option should be and what it is, or undefined when its value is fine. */
export type OptionRule = (value: unknown) => string | undefined;

/** A value in a message: never more than a line of it. */
export const show = (value: unknown): string => {
  if (typeof value === 'function') return 'a function';
  if (isObject(value)) return Array.isArray(value) ? 'an array' : 'an object';
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : String(value);
};

export const unless =
  (test: (value: unknown) => boolean, expected: string): OptionRule =>
  (value) =>
    test(value) ? undefined : `${expected}, got ${show(value)}`;

const isBetween = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'number' && value >= min && value <= max;

const range = (min: number, max: number) => (max < Infinity ? `from ${min} to ${max}` : `of ${min} or more`);

export const integer = (min = 0, max: number = Infinity): OptionRule =>
  unless((value) => Number.isInteger(value) && isBetween(value, min, max), `an integer ${range(min, max)}`);

/** A duration in milliseconds: finite, above zero. */
export const durationMs = (min = 1, max = 2_147_483_647): OptionRule =>
  unless((value) => isBetween(value, min, max), `a number of milliseconds ${range(min, max)}`);

/** A fraction above 0 and up to 1. */
export const ratio = (): OptionRule =>
  unless((value) => isBetween(value, Number.MIN_VALUE, 1), 'a fraction above 0 and up to 1');

/** A fraction from 0 to 1. */
export const fraction = (): OptionRule => unless((value) => isBetween(value, 0, 1), 'a fraction from 0 to 1');

/** A name that is part of a key or a metric. */
export const name = (): OptionRule =>
  unless(
    (value) => typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(value),
    'a name of 1 to 100 letters, digits, ".", "_" or "-" that starts with a letter or digit',
  );

export const text = (): OptionRule =>
  unless((value) => typeof value === 'string' && value !== '', 'a non-empty string');

export const texts = (): OptionRule =>
  unless(
    (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
    'an array of strings',
  );

export const array = (): OptionRule => unless(Array.isArray, 'an array');

export const boolean = (): OptionRule => unless((value) => typeof value === 'boolean', 'true or false');

export const oneOf = (...values: readonly string[]): OptionRule =>
  unless((value) => values.includes(value as string), `one of ${values.join(', ')}`);

/** Text or bytes. What it is instead is never shown. */
export const secret =
  (minLength: number): OptionRule =>
  (value) =>
    (typeof value === 'string' || value instanceof Uint8Array) && value.length >= minLength
      ? undefined
      : `text or bytes of ${minLength} or more`;

export const fn = (): OptionRule => unless((value) => typeof value === 'function', 'a function');

export const object = (): OptionRule => unless(isObject, 'an object');

/** What can be switched off with false. */
export const switchable =
  (rule: OptionRule): OptionRule =>
  (value) => {
    const wrong = value === false ? undefined : rule(value);
    return wrong?.replace(', got', ' or false, got');
  };

export const defined = (): OptionRule => unless((value) => value !== undefined, 'given');

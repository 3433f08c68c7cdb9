import type { WireItem } from './source.ts';

const utf8Bytes = (text: string) => Buffer.byteLength(text, 'utf8');

/** A byte for two digits, one for the exponent and one for a minus; zeros at either end take nothing. */
function numberBytes(text: string): number {
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/[-+.]/g, '')
    .replace(/^0+|0+$/g, '');
  return Math.ceil(digits.length / 2) + (text.startsWith('-') ? 2 : 1);
}

const binaryBytes = (base64: string) => Buffer.byteLength(base64, 'base64');

const sum = <T>(values: readonly T[], bytesOf: (value: T) => number): number =>
  values.reduce((total, value) => total + bytesOf(value), 0);

function valueBytes(attribute: unknown): number {
  const [entry] = Object.entries(attribute as Readonly<Record<string, unknown>>);
  if (entry === undefined) return 0;
  const [type, value] = entry;
  switch (type) {
    case 'S':
      return utf8Bytes(value as string);
    case 'N':
      return numberBytes(value as string);
    case 'B':
      return binaryBytes(value as string);
    case 'SS':
      return sum(value as readonly string[], utf8Bytes);
    case 'NS':
      return sum(value as readonly string[], numberBytes);
    case 'BS':
      return sum(value as readonly string[], binaryBytes);
    // Three bytes for what holds others, and one for each of them.
    case 'L':
      return 3 + sum(value as readonly unknown[], (element) => valueBytes(element) + 1);
    case 'M':
      return (
        3 + sum(Object.entries(value as WireItem), ([name, part]) => utf8Bytes(name) + valueBytes(part) + 1)
      );
    default:
      return 1;
  }
}

/**
 * What DynamoDB counts for an item: names and values.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: WireItem): number {
  return sum(Object.entries(item), ([name, value]) => utf8Bytes(name) + valueBytes(value));
}

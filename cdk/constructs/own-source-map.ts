/*
 * A source map of one's own sources, without those of packages. Node reads the whole map when a function first throws: with the SDK in
 * it that takes ten times as long, and a frame inside a package says little.
 * @see https://tc39.es/ecma426/#sec-mappings-format
 */

interface SourceMap {
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** The numbers of a segment: each in groups of five bits, the lowest first, its sign in the first bit. */
function numbersIn(segment: string): readonly number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of segment) {
    const bits = VALUES.get(digit) ?? 0;
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}

function textOf(number: number): string {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = '';
  do {
    const bits = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? bits | 32 : bits];
  } while (rest > 0);
  return text;
}

/** Numbers what it is asked for, from 0 in the order in which it is asked. */
class Numbering {
  readonly kept: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.kept.length);
    return this.kept.push(text) - 1;
  }
}

/** Each number as its distance from the one before it in the same place, which is how a map has them. */
class Distances {
  readonly #before = [0, 0, 0, 0, 0];

  /** Columns count from the beginning of a line. */
  newLine(): void {
    this.#before[0] = 0;
  }

  read(distances: readonly number[]): readonly number[] {
    return distances.map((distance, place) => {
      this.#before[place] = (this.#before[place] ?? 0) + distance;
      return this.#before[place];
    });
  }

  write(numbers: readonly number[]): string {
    const text = numbers.map((number, place) => textOf(number - (this.#before[place] ?? 0))).join('');
    for (const [place, number] of numbers.entries()) this.#before[place] = number;
    return text;
  }
}

/** Leaves what is in `node_modules` out. A segment of a column alone says that what follows it is from no source. */
export function ownSourceMap(text: string): string {
  const map = JSON.parse(text) as SourceMap;
  const [sources, names] = [new Numbering(), new Numbering()];
  const [read, written] = [new Distances(), new Distances()];

  const lineOf = (line: string): string => {
    read.newLine();
    written.newLine();
    const segments: string[] = [];
    let isOwn = false;
    for (const segment of line === '' ? [] : line.split(',')) {
      const [column = 0, source, ...place] = read.read(numbersIn(segment));
      const file = source === undefined ? undefined : map.sources[source];
      const [sourceLine = 0, sourceColumn = 0, name] = place;
      const wasOwn = isOwn;
      isOwn = file !== undefined && !file.includes('node_modules/');
      if (isOwn && file !== undefined) {
        const named = name === undefined ? [] : [names.of(map.names[name] ?? '')];
        segments.push(written.write([column, sources.of(file), sourceLine, sourceColumn, ...named]));
      } else if (wasOwn || segments.length === 0) segments.push(written.write([column]));
    }
    return segments.join(',');
  };
  const mappings = map.mappings.split(';').map(lineOf).join(';');
  return JSON.stringify({ ...map, sources: sources.kept, names: names.kept, mappings });
}

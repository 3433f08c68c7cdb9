import type { Node } from 'constructs';

/** `reserve-concurrency`, `ReserveConcurrency` and `reserveConcurrency` are one word. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** How many letters are to be added, left out, replaced or swapped with their neighbour to make one word of another. */
function distance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= from.length; row++) {
    rows[row] = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(from.length, to.length);
}

/** One letter in a short word, two in a long one. More make another word. */
const looksLike = (key: string, name: string): boolean =>
  distance(plain(key), plain(name)) <= (name.length < 8 ? 1 : 2);

/**
 * Refuses a key that the app does not read and that looks like one of those that it reads: the misspelled one would change
 * nothing, without a word. Keys of the CDK and its plugins, which begin with "@" or have a colon, are not checked.
 */
export function refuseTypos(node: Node, names: readonly string[]): void {
  for (const key of Object.keys(node.getAllContext())) {
    if (names.includes(key) || /^@|:/.test(key)) continue;
    const [nearest] = names
      .filter((name) => looksLike(key, name))
      .sort((a, b) => distance(plain(key), plain(a)) - distance(plain(key), plain(b)));
    if (nearest !== undefined)
      throw new Error(
        `Context \`${key}\`: expected one of \`${names.join('`, `')}\`, got a name that the app does not read; write \`${nearest}\``,
      );
  }
}

import type { Wildcard } from './model.ts';

/** A beginning of one or more wildcard patterns, and what it becomes with one byte more. */
interface Beginning {
  readonly next: Map<number, Set<number>>;
  /** Whether it ends in an asterisk, so that any byte keeps it. */
  readonly keeps: boolean;
  /** The same with the asterisk that follows, which may stand for nothing. */
  withAsterisk: number | undefined;
}

/** The wildcard patterns of one condition: one, or the list of an `anything-but`. */
export type WildcardGroup = readonly Wildcard[];

const QUOTE = 0x22;
const ASTERISK = -1;
const encoder = new TextEncoder();

/** The bytes of a pattern with the quotes around it, which EventBridge matches too. */
function tokensOf({ pieces }: Wildcard): readonly number[] {
  const inner = pieces.flatMap((piece, index) => [
    ...(index > 0 ? [ASTERISK] : []),
    ...encoder.encode(piece),
  ]);
  return [QUOTE, ...inner, QUOTE];
}

/** Adds a group. Its patterns share what they begin with up to the first asterisk, and their end. */
function addGroup(beginnings: Beginning[], group: WildcardGroup): void {
  const shared = new Map<string, number>();
  const idOf = (key: string | undefined, token: number): number => {
    const known = key === undefined ? undefined : shared.get(key);
    if (known !== undefined) return known;
    const id = beginnings.push({ next: new Map(), keeps: token === ASTERISK, withAsterisk: undefined }) - 1;
    if (key !== undefined) shared.set(key, id);
    return id;
  };
  for (const tokens of group.map(tokensOf)) {
    const asterisk = tokens.indexOf(ASTERISK);
    let from = beginnings[0];
    for (const [index, token] of tokens.entries()) {
      const isShared = asterisk < 0 || index <= asterisk;
      const start = isShared ? tokens.slice(0, index + 1).join(' ') : undefined;
      const id = idOf(index === tokens.length - 1 ? 'end' : start, token);
      if (from !== undefined && token === ASTERISK) from.withAsterisk = id;
      else from?.next.set(token, (from.next.get(token) ?? new Set()).add(id));
      from = beginnings[id];
    }
  }
}

/**
 * The most beginnings of the patterns that one input can match at the same time; counting stops above `limit`.
 * `a*b` has the beginnings `a`, `a*` and `a*b`, of which the input `ab` matches two. Every set of beginnings that
 * some input reaches is visited once; those that end in an asterisk never leave it, which keeps the sets few.
 * @see https://github.com/aws/event-ruler#matching-with-a-machine
 */
export function wildcardComplexity(groups: readonly WildcardGroup[], limit: number): number {
  const beginnings: Beginning[] = [{ next: new Map(), keeps: false, withAsterisk: undefined }];
  for (const group of groups) addGroup(beginnings, group);

  const after = (matched: readonly number[], byte: number | undefined): readonly number[] => {
    const reached = new Set<number>();
    for (const id of matched) {
      if (beginnings[id]?.keeps === true) reached.add(id);
      if (byte !== undefined) for (const next of beginnings[id]?.next.get(byte) ?? []) reached.add(next);
    }
    for (const id of [...reached]) {
      const asterisk = beginnings[id]?.withAsterisk;
      if (asterisk !== undefined) reached.add(asterisk);
    }
    return [...reached].sort((a, b) => a - b);
  };

  let most = 0;
  const seen = new Set<string>();
  const queue: (readonly number[])[] = [[0]];
  for (let matched = queue.pop(); matched !== undefined; matched = queue.pop()) {
    const bytes = new Set(matched.flatMap((id) => [...(beginnings[id]?.next.keys() ?? [])]));
    // Undefined stands for all the bytes that none of the patterns goes on with.
    for (const byte of [undefined, ...bytes]) {
      const reached = after(matched, byte);
      most = Math.max(most, reached.length);
      if (most > limit) return most;
      const key = reached.join(' ');
      if (reached.length === 0 || seen.has(key)) continue;
      seen.add(key);
      queue.push(reached);
    }
  }
  return most;
}

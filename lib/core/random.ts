/** Chance, handed in: a seeded source makes a run repeatable. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A token that no other caller gets, used to recognise one's own writes. */
  token(): string;
}

export const systemRandom: Random = {
  next: () => Math.random(),
  token: () => crypto.randomUUID(),
};

import type { Random } from '../core/random.ts';

/** Hands out its members, each for so many invocations at once. */
export interface Pool<M> {
  readonly size: number;
  /** One at random that can take one more. */
  take(): M;
  /** One of the invocations that it has taken has ended. */
  release(member: M): void;
}

/**
 * As the platform does, no member gets more than it can take at once; where all have as much, one more is begun.
 * @param concurrency Undefined: as many as come.
 */
export function pool<M>(
  { size, concurrency = Number.POSITIVE_INFINITY }: { size: number; concurrency?: number | undefined },
  random: Random,
  make: (index: number) => M,
): Pool<M> {
  const free = Array.from({ length: size }, (_, index) => make(index));
  const taken = new Map<M, number>();
  let made = size;
  return {
    get size() {
      return made;
    },
    take() {
      if (free.length === 0) free.push(make(made++));
      const at = Math.floor(random.next() * free.length);
      const member = free[at] as M;
      if (concurrency === Number.POSITIVE_INFINITY) return member;
      const count = (taken.get(member) ?? 0) + 1;
      taken.set(member, count);
      if (count === concurrency) {
        const last = free.pop() as M;
        if (last !== member) free[at] = last;
      }
      return member;
    },
    release(member) {
      const count = taken.get(member);
      if (count === undefined) return;
      if (count === concurrency) free.push(member);
      taken.set(member, count - 1);
    },
  };
}

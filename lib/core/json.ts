// biome-ignore lint/suspicious/noExplicitAny: whatever its parameters are, JSON leaves a function out.
type LeftOut = ((...args: any) => unknown) | symbol;

/** What a member of a list becomes where JSON has nothing for it. */
type Listed<T> = T extends LeftOut | undefined ? null : Json<T>;

/**
 * What `JSON.parse(JSON.stringify(value))` makes of a value: a Date is text, a method is gone. A bigint makes JSON throw, so it is
 * never one.
 */
export type Json<T> = unknown extends T
  ? T
  : T extends { toJSON(): infer R }
    ? Json<R>
    : T extends string | number | boolean | null | undefined
      ? T
      : T extends LeftOut
        ? undefined
        : T extends bigint
          ? never
          : T extends readonly unknown[]
            ? { [I in keyof T]: Listed<T[I]> }
            : { [K in keyof T as K extends symbol ? never : T[K] extends LeftOut ? never : K]: Json<T[K]> };

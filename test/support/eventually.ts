import { expect } from 'vitest';

/** Expects something of what is read again and again, for as long as a busy machine may need. */
export const eventually = <T>(read: () => T): ReturnType<typeof expect.poll<T>> =>
  expect.poll(read, { interval: 20 });

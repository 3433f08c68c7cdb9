import fc from 'fast-check';

/** One in four is a number of milliseconds, the others are none. */
export const seldomMs = (max: number): fc.Arbitrary<number | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.integer({ min: 0, max }));

/** Steps of a schedule in which time passes, or the environment is frozen. At most so many milliseconds. */
export const timeSteps = (mostMs: { readonly pass: number; readonly freeze: number }) =>
  [
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        ms: fc.integer({ min: 0, max: mostMs.pass }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('freeze' as const),
        ms: fc.integer({ min: 1, max: mostMs.freeze }),
      }),
    },
  ] as const;

import fc from 'fast-check';
import { SHARED_PROBES } from '../../../lib/breaker/constants.ts';
import { commands } from './commands.ts';
import { noOccurrences, type Occurrences } from './occurrences.ts';
import { recovers } from './recovery.ts';
import type { Sabotage } from './sabotage.ts';
import { Violation } from './violation.ts';
import { ENVIRONMENTS, type Setup, World } from './world.ts';

const setups: fc.Arbitrary<Setup> = fc.record({
  seed: fc.nat(),
  isThorough: fc.boolean(),
  rate: fc.constantFrom(0, 0, 3, 20, 1_000),
  slowCallMs: fc.constantFrom(undefined, 500),
  isDistant: fc.boolean(),
  isHostile: fc.boolean(),
});

export interface Exploration {
  readonly runs: number;
  readonly seed: number;
  readonly sabotage?: Sabotage;
}

export interface Findings {
  readonly counts: Occurrences;
  readonly violation: Violation | undefined;
  readonly story: string | undefined;
  readonly played: number;
}

/** @throws where something is rejected and nothing handles it. */
async function withoutUnhandled(run: () => Promise<void>): Promise<void> {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  try {
    await run();
    // Node reports them when all else is done.
    await new Promise((resolve) => void setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', onUnhandled);
  }
  if (unhandled.length > 0) throw new Violation('no rejection is unhandled', String(unhandled[0]));
}

/** Plays so many random sequences of commands on the shared breaker, or fewer where one breaks what was promised. */
export async function exploreBreaker({ runs, seed, sabotage }: Exploration): Promise<Findings> {
  const counts = noOccurrences();
  // Most of what can go wrong goes wrong about probes.
  const probes = fc.option(fc.nat(SHARED_PROBES), { freq: 3 });
  const property = fc.asyncProperty(setups, probes, commands, (setup, probed, steps) =>
    withoutUnhandled(async () => {
      const real = new World(setup, counts, sabotage);
      if (probed !== null) await real.opens(probed);
      await fc.asyncModelRun(() => ({ model: setup, real }), steps);
      await recovers(real, setup.seed % ENVIRONMENTS);
    }),
  );
  // Of a variant that was broken on purpose the shortest story is of no use.
  const { failed, errorInstance, numRuns, counterexample } = await fc.check(property, {
    ...{ seed, numRuns: runs, endOnFailure: sabotage !== undefined },
  });
  const violation = errorInstance instanceof Violation ? errorInstance : undefined;
  const story = failed
    ? `${String(errorInstance)}\n${String(counterexample?.map((part) => fc.stringify(part)))}`
    : undefined;
  return { counts, violation, story, played: numRuns };
}

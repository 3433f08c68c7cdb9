import fc from 'fast-check';
import { PROBES } from '../../lib/breaker/permits.ts';
import { type Counts, type Ends, noCounts, Violation } from './breaker-model-history.ts';
import { ITEMS, type Sabotage } from './breaker-model-network.ts';
import {
  FORCED_MS,
  MOST_SKEW_MS,
  newWorld,
  OPEN_MS,
  SANDBOXES,
  type Setup,
  type World,
} from './breaker-model-world.ts';

type Does = (world: World) => unknown;
type Command = fc.AsyncCommand<object, World>;

const command = (name: string, does: Does): Command => ({
  check: () => true,
  async run(_, world) {
    await does(world);
    world.check();
  },
  toString: () => name,
});

const who = fc.nat(SANDBOXES - 1);
const which = fc.nat(5);
const ends = fc.constantFrom<Ends>('well', 'well', 'failed', 'failed', 'nothing');
const FATES = [
  ...(['arrives', 'arrives', 'arrives', 'arrives', 'arrives', 'arrives'] as const),
  ...([
    'is applied',
    'is applied',
    'is lost',
    'is lost',
    'is unanswered',
    'is unanswered',
    'is doubled',
  ] as const),
];
const some = (weight: number, arbitrary: fc.Arbitrary<Command>) => ({ weight, arbitrary });

const commands = fc.commands(
  [
    fc.oneof(
      some(
        6,
        fc
          .tuple(who, fc.constantFrom(undefined, undefined, undefined, undefined, 0, 30))
          .map(([a, ms]) => command(`begin(${a}, ${ms})`, (world) => world.begin(a, ms))),
      ),
      some(
        2,
        fc.tuple(who, which).map(([a, n]) => command(`abort(${a}, ${n})`, (world) => world.abort(a, n))),
      ),
      some(
        6,
        fc
          .tuple(who, which, ends)
          .map(([a, n, e]) => command(`end(${a}, ${n}, ${e})`, (world) => world.end(a, n, e))),
      ),
      some(
        4,
        fc
          .tuple(who, fc.constantFrom(1, 3, 20), fc.constantFrom<Ends>('well', 'failed', 'failed'))
          .map(([a, n, e]) => command(`calls(${a}, ${n}, ${e})`, (world) => world.calls(a, n, e))),
      ),
      some(
        10,
        fc
          .tuple(which, fc.constantFrom(...FATES))
          .map(([n, fate]) => command(`request(${n}, ${fate})`, (world) => world.request(n, fate))),
      ),
      some(
        5,
        fc
          .constantFrom(1, 10, 49, 51, 1_000, OPEN_MS, 19_200, 25_000, FORCED_MS)
          .map((ms) => command(`pass(${ms})`, (world) => world.pass(ms))),
      ),
      some(
        1,
        who.map((a) => command(`freeze(${a})`, (world) => world.freeze(a))),
      ),
      some(
        2,
        fc
          .tuple(who, fc.boolean())
          .map(([a, first]) => command(`thaw(${a}, ${first})`, (world) => world.thaw(a, first))),
      ),
      some(
        1,
        fc
          .tuple(who, fc.integer({ min: -MOST_SKEW_MS, max: MOST_SKEW_MS }))
          .map(([a, ms]) => command(`skew(${a}, ${ms})`, (world) => world.skew(a, ms))),
      ),
      some(
        1,
        who.map((a) => command(`restart(${a})`, (world) => world.restart(a))),
      ),
      some(
        1,
        fc
          .constantFrom('open', 'closed', 'auto', 'removed')
          .map((state) =>
            command(`byHand(${state})`, (world) =>
              state === 'removed' ? world.remove() : world.byHand(state),
            ),
          ),
      ),
    ),
  ],
  { maxCommands: 60, size: 'max' },
);

const setups: fc.Arbitrary<Setup> = fc.record({
  seed: fc.nat(),
  isThorough: fc.boolean(),
  rate: fc.constantFrom(0, 0, 3, 20),
  items: fc.constantFrom(1, 1, 1, ITEMS),
  slowCallMs: fc.constantFrom(undefined, 500),
});

export interface Exploration {
  readonly runs: number;
  readonly seed: number;
  readonly sabotage?: Sabotage;
}

export interface Findings {
  readonly counts: Counts;
  readonly violation: Violation | undefined;
  readonly story: string | undefined;
  readonly played: number;
}

/** Plays so many random sequences of commands on the fleet's breaker, or fewer where one breaks what was promised. */
export async function exploreBreaker({ runs, seed, sabotage }: Exploration): Promise<Findings> {
  const counts = noCounts();
  const property = fc.asyncProperty(
    setups,
    fc.option(fc.nat(PROBES - 1), { freq: 3 }),
    commands,
    async (setup, probes, steps) => {
      const unheard: unknown[] = [];
      const onUnheard = (error: unknown) => void unheard.push(error);
      process.on('unhandledRejection', onUnheard);
      try {
        const real = newWorld(setup, counts, sabotage);
        if (setup.rate > 0 || setup.items > 1) await real.begins();
        // Most of what can go wrong goes wrong about probes.
        if (probes !== null) await real.opens(probes);
        await fc.asyncModelRun(() => ({ model: {}, real }), steps);
        await real.recovers();
        // Node tells of them when all else is done.
        await new Promise((resolve) => void setImmediate(resolve));
      } finally {
        process.off('unhandledRejection', onUnheard);
      }
      if (unheard.length > 0) throw new Violation('nothing is rejected unheard', String(unheard[0]));
    },
  );
  // Of a variant that was broken on purpose nobody reads the shortest story.
  const { failed, errorInstance, numRuns, counterexample } = await fc.check(property, {
    ...{ seed, numRuns: runs, endOnFailure: sabotage !== undefined },
  });
  const violation = errorInstance instanceof Violation ? errorInstance : undefined;
  const story = failed
    ? `${String(errorInstance)}\n${String(counterexample?.map((part) => fc.stringify(part)))}`
    : undefined;
  return { counts, violation, story, played: numRuns };
}

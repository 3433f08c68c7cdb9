import fc from 'fast-check';
import { PROBES } from '../../lib/breaker/fleet.ts';
import { type Counts, type Ends, KINDS, Violation } from './breaker-model-history.ts';
import type { Sabotage } from './breaker-model-network.ts';
import { FORCED_MS, newWorld, OPEN_MS, SANDBOXES, type World } from './breaker-model-world.ts';

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
const some = (weight: number, arbitrary: fc.Arbitrary<Command>) => ({ weight, arbitrary });

const commands = fc.commands(
  [
    fc.oneof(
      some(
        6,
        fc.tuple(who).map(([a]) => command(`begin(${a})`, (world) => world.begin(a))),
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
          .tuple(
            which,
            fc.constantFrom('arrives', 'arrives', 'arrives', 'is applied', 'is lost', 'is unanswered'),
          )
          .map(([n, fate]) => command(`request(${n}, ${fate})`, (world) => world.request(n, fate))),
      ),
      some(
        5,
        fc
          .constantFrom(1, 10, 49, 51, 1_000, OPEN_MS, 1.6 * OPEN_MS, 25_000, FORCED_MS)
          .map((ms) => command(`pass(${ms})`, (world) => world.pass(ms))),
      ),
      some(
        1,
        who.map((a) => command(`freeze(${a})`, (world) => world.freeze(a))),
      ),
      some(
        2,
        who.map((a) => command(`thaw(${a})`, (world) => world.thaw(a))),
      ),
      some(
        1,
        who.map((a) => command(`restart(${a})`, (world) => world.restart(a))),
      ),
      some(
        1,
        fc
          .constantFrom('open', 'closed', 'auto')
          .map((state) => command(`byHand(${state})`, (world) => world.byHand(state))),
      ),
    ),
  ],
  { maxCommands: 60, size: 'max' },
);

export interface Exploration {
  readonly runs: number;
  readonly seed: number;
  readonly sabotage?: Sabotage;
}

/** Plays so many random sequences of commands on the fleet's breaker, or fewer where one breaks what was promised. */
export async function exploreBreaker({ runs, seed, sabotage }: Exploration) {
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Counts;
  const property = fc.asyncProperty(
    fc.nat(),
    fc.option(fc.nat(PROBES - 1), { freq: 3 }),
    commands,
    async (chances, probes, steps) => {
      const real = newWorld(chances, counts, sabotage);
      // Most of what can go wrong goes wrong about probes.
      if (probes !== null) await real.opens(probes);
      await fc.asyncModelRun(() => ({ model: {}, real }), steps);
      await real.recovers();
    },
  );
  // Of a variant that was broken on purpose nobody reads the shortest story.
  const { failed, errorInstance, numRuns, counterexample } = await fc.check(property, {
    ...{ seed, numRuns: runs, endOnFailure: sabotage !== undefined },
  });
  const violation = errorInstance instanceof Violation ? errorInstance : undefined;
  const story = failed ? `${String(errorInstance)}\n${String(counterexample)}` : undefined;
  return { counts, violation, story, played: numRuns };
}

import fc from 'fast-check';
import { RELAPSE_MS } from '../../../lib/breaker/constants.ts';
import type { CallEnd } from './call.ts';
import { MAX_CLAIM_MS } from './claims.ts';
import { NEAR_MS } from './history.ts';
import { HOSTILE_COUNTS, HOSTILE_STATES } from './hostile.ts';
import { OPEN_MS } from './knowledge.ts';
import type { Fate } from './network.ts';
import { ENVIRONMENTS, FORCED_MS, type Setup, type World } from './world.ts';

type Command = fc.AsyncCommand<Setup, World>;
type Weighted = fc.WeightedArbitrary<Command>;

const command = (
  name: string,
  run: (world: World) => unknown,
  check: (setup: Setup) => boolean = () => true,
): Command => ({
  check,
  async run(_, world) {
    await run(world);
    world.check();
  },
  toString: () => name,
});

const some = (weight: number, arbitrary: fc.Arbitrary<Command>): Weighted => ({ weight, arbitrary });
const isDistant = (setup: Setup): boolean => setup.isDistant;
const isHostile = (setup: Setup): boolean => setup.isHostile;

const AFTER_CLAIM_MS = Math.ceil(MAX_CLAIM_MS) + 300;
const AFTER_RELAPSE_MS = RELAPSE_MS + 500;

const who = fc.nat(ENVIRONMENTS - 1);
const which = fc.nat(5);
const outcomes = fc.constantFrom<CallEnd>('succeeded', 'succeeded', 'failed', 'failed', 'unknown');
const fates = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>('arrives') },
  { weight: 6, arbitrary: fc.constantFrom<Fate>('is applied', 'is lost', 'is unanswered') },
  { weight: 3, arbitrary: fc.constantFrom<Fate>('is doubled', 'is denied', 'is stale') },
);

const CALLS: readonly Weighted[] = [
  some(
    6,
    fc
      .tuple(who, fc.constantFrom(undefined, undefined, undefined, undefined, 0, 30))
      .map(([a, ms]) => command(`begin(${a}, ${ms})`, (world) => world.begin(a, ms))),
  ),
  some(
    4,
    who.map((a) => command(`start(${a})`, (world) => world.start(a))),
  ),
  some(
    1,
    who.map((a) => command(`abandon(${a})`, (world) => world.abandon(a))),
  ),
  some(
    2,
    fc.tuple(who, which).map(([a, n]) => command(`abort(${a}, ${n})`, (world) => world.abort(a, n))),
  ),
  some(
    6,
    fc
      .tuple(who, which, outcomes)
      .map(([a, n, outcome]) => command(`end(${a}, ${n}, ${outcome})`, (world) => world.end(a, n, outcome))),
  ),
  some(
    4,
    fc
      .tuple(who, fc.constantFrom(1, 3, 20), fc.constantFrom<CallEnd>('succeeded', 'failed', 'failed'))
      .map(([a, n, outcome]) =>
        command(`calls(${a}, ${n}, ${outcome})`, (world) => world.calls(a, n, outcome)),
      ),
  ),
];

const TIMES: readonly Weighted[] = [
  some(
    6,
    fc
      .constantFrom(1, 10, 49, 51, 1_000, 4_000, OPEN_MS, AFTER_CLAIM_MS, AFTER_RELAPSE_MS, FORCED_MS)
      .map((ms) => command(`pass(${ms})`, (world) => world.pass(ms))),
  ),
  some(
    1,
    who.map((a) => command(`freeze(${a})`, (world) => world.freeze(a))),
  ),
  some(
    2,
    fc
      .tuple(who, fc.boolean(), fc.boolean())
      .map(([a, stoodStill, answersFirst]) =>
        command(`thaw(${a}, ${stoodStill}, ${answersFirst})`, (world) =>
          world.thaw(a, { stoodStill, answersFirst }),
        ),
      ),
  ),
  some(
    1,
    fc
      .tuple(who, fc.integer({ min: -NEAR_MS, max: NEAR_MS }))
      .map(([a, ms]) => command(`skew(${a}, ${ms})`, (world) => world.skew(a, ms))),
  ),
  some(
    2,
    fc
      .tuple(who, fc.constantFrom(-10_000, 10_000, 60_000, -86_400_000, 86_400_000))
      .map(([a, ms]) => command(`skew(${a}, ${ms})`, (world) => world.skew(a, ms), isDistant)),
  ),
];

const STORE: readonly Weighted[] = [
  some(
    10,
    fc
      .tuple(which, fates)
      .map(([n, fate]) => command(`request(${n}, ${fate})`, (world) => world.meets(n, fate))),
  ),
  some(
    1,
    who.map((a) => command(`restart(${a})`, (world) => world.restart(a))),
  ),
  some(
    1,
    fc
      .constantFrom('open', 'closed', 'auto')
      .map((state) => command(`force(${state})`, (world) => world.operate(state))),
  ),
  some(
    1,
    fc
      .constantFrom(undefined, 'get', 'put', 'add')
      .map((kind) => command(`deny(${kind})`, (world) => world.deny(kind))),
  ),
  some(1, fc.constant(command('remove()', (world) => world.remove()))),
  some(
    2,
    fc
      .tuple(fc.nat(HOSTILE_STATES - 1), fc.boolean())
      .map(([n, isNew]) =>
        command(`plantState(${n}, ${isNew})`, (world) => world.plantState(n, isNew), isHostile),
      ),
  ),
  some(
    1,
    fc
      .nat(HOSTILE_COUNTS - 1)
      .map((n) => command(`plantCounts(${n})`, (world) => world.plantCounts(n), isHostile)),
  ),
  some(1, fc.constant(command('repairState()', (world) => world.repairState(), isHostile))),
];

export const commands: fc.Arbitrary<Iterable<Command>> = fc.commands(
  [fc.oneof(...CALLS, ...TIMES, ...STORE)],
  { maxCommands: 60, size: 'max' },
);

import type { Random } from '../../lib/core/random.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { CLIENTS, type ClientName } from './clients.ts';
import { KINDS, type Kind, knowledgeOf, STORE_KINDS, type StoreKind } from './faults.ts';
import { type CallWay, type FaultOrder, GUARDED, WAYS, type WayName } from './ways.ts';

/**
 * `hold`: charges at a server. `careless`: the same, and takes each error for proof that nothing happened. `atomic`: charges
 * in the transaction that records it.
 */
export type Group = 'hold' | 'careless' | 'atomic';

interface Planned {
  readonly key: string;
  readonly amount: number;
  /** How many callers begin at once. */
  readonly callers: number;
}

/** A key that is charged at a server, and what happens to its requests in turn. After them nothing happens. */
export interface HttpPlan extends Planned {
  readonly group: 'hold' | 'careless';
  readonly client: ClientName;
  readonly way: WayName;
  /** Whether the handler throws an error of its own, caused by that of the client. */
  readonly isWrapped: boolean;
  readonly faults: readonly Kind[];
}

/** A key that is charged in the table, and what happens to the requests to that. */
export interface AtomicPlan extends Planned {
  readonly group: 'atomic';
  /** How many of its first runs have a transaction that is refused. */
  readonly refusals: number;
  /** How often the client sends a request at most. */
  readonly maxAttempts: number;
  readonly faults: readonly StoreKind[];
}

export type Plan = HttpPlan | AtomicPlan;

/** How many keys of each group there are. */
export type Sizes = Readonly<Record<Group, number>>;
export const sizesOf = (keys: number): Sizes => ({
  hold: keys,
  careless: Math.ceil(keys / 10),
  atomic: Math.ceil(keys / 4),
});

/** So many first requests meet no fault. */
const CLEAN = 0.05;
/** For so many keys two callers begin at once. */
const HASTY = 0.1;
/** So many keys that are charged in a transaction have one that is refused first. */
const CLOSED = 0.1;
/** So many requests after a refusal meet a fault too. */
const REFUSED_AGAIN = 0.5;
/** For so many requests of a key there is a plan, and so many of them meet a fault. */
const STORE_REQUESTS = 12;
const STORE_FAULTED = 0.5;

/** Deals each of some things as often as the others. */
function deckOf<T>(things: readonly T[], random: Random): () => T {
  let deck: T[] = [];
  return () => {
    if (deck.length === 0) deck = [...things];
    const [drawn] = deck.splice(Math.floor(random.next() * deck.length), 1);
    return drawn as T;
  };
}

type Draw = (of: 'any' | 'end' | 'refusal') => Kind;

/** What happens to the requests of a key until one is answered, or its outcome unknown. */
function faultsOf(order: FaultOrder, draw: Draw, random: Random): readonly Kind[] {
  switch (order) {
    case 'none':
      return [];
    case 'refusal':
      return [draw('refusal')];
    case 'unknown':
      return [draw('end')];
    case 'unknown, refusal':
      return [draw('end'), draw('refusal')];
    case 'any': {
      const faults: Kind[] = [draw('any')];
      while (knowledgeOf(faults.at(-1) as Kind) === 'not charged' && random.next() < REFUSED_AGAIN)
        faults.push(draw('any'));
      return faults;
    }
  }
}

function httpPlans(
  group: HttpPlan['group'],
  count: number,
  ways: readonly WayName[],
  random: Random,
): readonly HttpPlan[] {
  const isRefusal = (kind: Kind) => knowledgeOf(kind) === 'not charged';
  const decks = {
    any: deckOf(KINDS, random),
    end: deckOf(
      KINDS.filter((kind) => !isRefusal(kind)),
      random,
    ),
    refusal: deckOf(KINDS.filter(isRefusal), random),
  };
  // All clients in all ways, with no pattern that the faults have too.
  const pair = deckOf(
    ways.flatMap((way) => {
      const { clients = CLIENTS }: CallWay = WAYS[way];
      return clients.map((client) => ({ client, way }));
    }),
    random,
  );
  return Array.from({ length: count }, (_, n) => {
    const { client, way } = pair();
    const { faults } = WAYS[way];
    return {
      ...{ group, client, way, key: `${group} ${n}`, amount: 1 + Math.floor(random.next() * 1_000) },
      callers: random.next() < HASTY ? 2 : 1,
      isWrapped: random.next() < 0.5,
      faults: random.next() < CLEAN ? [] : faultsOf(faults, (of) => decks[of](), random),
    };
  });
}

function atomicPlans(count: number, random: Random): readonly AtomicPlan[] {
  const draw = deckOf(STORE_KINDS, random);
  return Array.from({ length: count }, (_, n) => ({
    ...{ group: 'atomic', key: `atomic ${n}`, amount: 1 + Math.floor(random.next() * 1_000) },
    callers: random.next() < HASTY ? 2 : 1,
    refusals: random.next() < CLOSED ? 1 : 0,
    maxAttempts: random.next() < 0.5 ? 1 : 3,
    faults: Array.from({ length: STORE_REQUESTS }, () => (random.next() < STORE_FAULTED ? draw() : 'none')),
  }));
}

/** The same for the same seed. */
export function plansOf(seed: number, sizes: Sizes, ways: readonly WayName[] = GUARDED): readonly Plan[] {
  const random = seededRandom(seed);
  return [
    ...httpPlans('hold', sizes.hold, ways, random),
    ...httpPlans('careless', sizes.careless, GUARDED, random),
    ...atomicPlans(sizes.atomic, random),
  ];
}

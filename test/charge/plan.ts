import type { Random } from '../../lib/core/random.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { CLIENTS, type ClientName } from './clients.ts';
import { KINDS, type Kind, knowledgeOf, STORE_KINDS, type StoreKind } from './faults.ts';

/** How a handler calls its client. `retry all` is what must not be done, and must not free a key all the same. */
export const POLICIES = ['none', 'timeout', 'resilient', 'retry of refusals', 'retry all'] as const;
export type PolicyName = (typeof POLICIES)[number];

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
  readonly policy: PolicyName;
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
const CLEAN = 0.1;
/** So many callers of a hundred do not wait for the first. */
const HASTY = 0.1;
const MAX_REFUSED = 3;
const STORE_REQUESTS = 8;
const STORE_FAULTED = 0.4;

/** Deals each of some things as often as the others. */
function deckOf<T>(things: readonly T[], random: Random): () => T {
  let deck: T[] = [];
  return () => {
    if (deck.length === 0) deck = [...things];
    const [drawn] = deck.splice(Math.floor(random.next() * deck.length), 1);
    return drawn as T;
  };
}

/** What happens before a request is answered or nobody knows: refusals, each of which is tried again. */
function faultsFor(policy: PolicyName, draw: (of: 'any' | 'unknown' | 'refusal') => Kind): readonly Kind[] {
  if (policy === 'retry all') return [draw('unknown'), draw('refusal')];
  const faults: Kind[] = [];
  do faults.push(draw('any'));
  while (faults.length < MAX_REFUSED && knowledgeOf(faults.at(-1) as Kind) === 'not charged');
  return faults;
}

function httpPlans(group: HttpPlan['group'], count: number, random: Random): readonly HttpPlan[] {
  const ofKnowledge = (knowledge: string) => KINDS.filter((kind) => knowledgeOf(kind) === knowledge);
  const decks = {
    any: deckOf(KINDS, random),
    unknown: deckOf(ofKnowledge('unknown'), random),
    refusal: deckOf(ofKnowledge('not charged'), random),
  };
  // All clients with all policies, with no pattern that the faults have too.
  const pairs = CLIENTS.flatMap((client) => POLICIES.map((policy) => ({ client, policy })));
  const pair = deckOf(pairs, random);
  return Array.from({ length: count }, (_, n) => {
    const { client, policy } = pair();
    return {
      ...{ group, client, policy, key: `${group} ${n}`, amount: 1 + Math.floor(random.next() * 1_000) },
      callers: random.next() < HASTY ? 2 : 1,
      isWrapped: random.next() < 0.5,
      faults: random.next() < CLEAN ? [] : faultsFor(policy, (of) => decks[of]()),
    };
  });
}

function atomicPlans(count: number, random: Random): readonly AtomicPlan[] {
  const draw = deckOf(STORE_KINDS, random);
  return Array.from({ length: count }, (_, n) => ({
    ...{ group: 'atomic', key: `atomic ${n}`, amount: 1 + Math.floor(random.next() * 1_000) },
    callers: random.next() < HASTY ? 2 : 1,
    refusals: random.next() < HASTY ? 1 : 0,
    maxAttempts: random.next() < 0.5 ? 1 : 3,
    faults: Array.from({ length: STORE_REQUESTS }, () => (random.next() < STORE_FAULTED ? draw() : 'none')),
  }));
}

/** The same for the same seed. */
export function plansOf(seed: number, sizes: Sizes): readonly Plan[] {
  const random = seededRandom(seed);
  return [
    ...httpPlans('hold', sizes.hold, random),
    ...httpPlans('careless', sizes.careless, random),
    ...atomicPlans(sizes.atomic, random),
  ];
}

import type { Judged } from './campaign.ts';
import { KINDS, STORE_KINDS } from './faults.ts';
import type { Group } from './plan.ts';

export interface GroupFigures {
  readonly keys: number;
  readonly answered: number;
  readonly held: number;
  /** Keys that were charged at all, and those that were more than once. */
  readonly charged: number;
  readonly chargedTwice: number;
  readonly wrong: number;
  readonly requests: number;
  readonly faulted: number;
  /** How often each fault was injected. */
  readonly kinds: Readonly<Record<string, number>>;
}

export interface Figures {
  readonly groups: Readonly<Partial<Record<Group, GroupFigures>>>;
  /** What makes the campaign fail. */
  readonly wrong: readonly string[];
}

/** At least this share of requests meets a fault, or the network was not bad. */
const MIN_FAULTED = 0.3;
/** Each fault is injected at least once in so many keys, or it was not tested. */
const KEYS_A_FAULT = 30;
/** Of fewer keys not each fault has to be injected, and none that is careless has to be found. */
const MIN_KEYS = 300;

function figuresOfGroup(judged: readonly Judged[]): GroupFigures {
  const count = (is: (one: Judged) => boolean) => judged.filter(is).length;
  const sent = judged.flatMap(({ outcome }) =>
    outcome.sent.filter(({ isMet }) => isMet).map(({ kind }) => kind),
  );
  const faults = Map.groupBy(
    sent.filter((kind) => kind !== 'none'),
    (kind) => kind,
  );
  return {
    keys: judged.length,
    answered: count(({ outcome }) => outcome.answers.length > 0),
    held: count(({ outcome }) => outcome.isHeld),
    charged: count(({ charges }) => charges > 0),
    chargedTwice: count(({ verdict }) => verdict.isChargedTwice),
    wrong: count(({ verdict }) => verdict.wrong.length > 0),
    requests: sent.length,
    faulted: [...faults.values()].reduce((sum, { length }) => sum + length, 0),
    kinds: Object.fromEntries([...faults].map(([kind, of]) => [kind, of.length])),
  };
}

/**
 * The figures of a campaign, and what is wrong with it. A careless handler that is not found out is wrong too.
 * @param keys How many keys the faults were planned for; 0: no fault has to be injected.
 */
export function figuresOf(judged: readonly Judged[], keys: number): Figures {
  const groups: Partial<Record<Group, GroupFigures>> = {};
  for (const [group, of] of Map.groupBy(judged, ({ outcome }) => outcome.plan.group))
    groups[group] = figuresOfGroup(of);
  const { hold, careless, atomic } = groups;
  const wrong: string[] = [];
  for (const [group, of, kinds] of [
    ['hold', hold, KINDS],
    ['atomic', atomic, STORE_KINDS],
  ] as const) {
    if (!of) continue;
    if (of.wrong > 0) wrong.push(`${group}: ${of.wrong} keys are wrong`);
    if (keys < MIN_KEYS) continue;
    if (of.faulted < of.requests * MIN_FAULTED)
      wrong.push(`${group}: only ${of.faulted} of ${of.requests} requests met a fault`);
    const rare = kinds.filter((kind) => (of.kinds[kind] ?? 0) < Math.floor(keys / KEYS_A_FAULT));
    if (rare.length > 0) wrong.push(`${group}: too rare to be tested: ${rare.join(', ')}`);
  }
  if (keys >= MIN_KEYS && careless?.chargedTwice === 0)
    wrong.push('careless: no key was found to be charged twice');
  return { groups, wrong };
}

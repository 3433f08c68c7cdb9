import { LocalRunError } from '../problem.ts';
import type { Assembly, StackGroup } from './assembly.ts';

/** What one run serves: stacks of one account in one region, as they would be deployed beside each other. */
export interface Choice {
  readonly stacks: readonly Assembly[];
  readonly region: string;
  readonly account: string;
  /** Paths of stacks that a chosen one needs and that are in another account or region. */
  readonly leftOut: readonly string[];
}

export interface Defaults {
  /** For a stack that does not say where it is deployed. */
  readonly region: string;
  readonly account: string;
}

const pathOf = ({ path, stackName }: Assembly): string => path ?? stackName;

/** `*` stands for a part of a path, `**` for any number of them, as in the CDK's command. */
function patternOf(text: string): RegExp {
  const source = text
    .split(/(\*+)/)
    .map((part) => {
      if (part.startsWith('*')) return part.length > 1 ? '.*' : '[^/]*';
      return part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}

const listed = (stacks: readonly Assembly[]): string => stacks.map(pathOf).join(', ');

function selected(all: readonly Assembly[], pattern: string): readonly Assembly[] {
  const matcher = patternOf(pattern);
  const found = all.filter(({ id = '', ...stack }) =>
    [pathOf({ id, ...stack }), stack.stackName, id].some((name) => matcher.test(name)),
  );
  if (found.length > 0) return found;
  throw new LocalRunError(`no stack is called ${pattern}; --stack takes one of ${listed(all)}`);
}

/** The chosen stacks and, as the CDK's command deploys them, those that they need. */
function withDependencies(chosen: readonly Assembly[], group: readonly Assembly[]): Set<Assembly> {
  const all = new Set<Assembly>();
  const add = (stack: Assembly): void => {
    if (all.has(stack)) return;
    all.add(stack);
    for (const id of stack.dependencies ?? []) {
      const needed = group.find((other) => other.id === id);
      if (needed) add(needed);
    }
  };
  for (const stack of chosen) add(stack);
  return all;
}

/**
 * Chooses the stacks of a run: those that are asked for and what they need; where none is, all of the app.
 * @throws {LocalRunError} where the choice is the user's: several CDK stages, several accounts or regions.
 */
export function chooseStacks(
  groups: readonly StackGroup[],
  patterns: readonly string[],
  defaults: Defaults,
): Choice {
  const all = groups.flatMap(({ stacks }) => stacks);
  if (all.length === 0) throw new LocalRunError('the app has no stack; give it one for -c stage=local');
  if (patterns.length === 0 && groups.length > 1) {
    throw new LocalRunError(
      `the app has stacks of several stages: ${listed(all)}; choose with --stack, for instance --stack '${pathOf(groups.at(-1)?.stacks[0] ?? { ...(all[0] as Assembly) }).replace(/[^/]*$/, '*')}'`,
    );
  }
  const chosen = patterns.length === 0 ? all : [...new Set(patterns.flatMap((text) => selected(all, text)))];
  const placeOf = ({ account, region }: Assembly): string =>
    `${account ?? defaults.account}/${region ?? defaults.region}`;
  const places = new Map(chosen.map((stack) => [placeOf(stack), stack]));
  if (places.size > 1) {
    throw new LocalRunError(
      `one run has one account and one region; ${[...places].map(([place, stack]) => `${pathOf(stack)} is in ${place}`).join(', ')}. Choose with --stack`,
    );
  }
  const [first] = chosen as [Assembly];
  const needed = [
    ...groups.flatMap(({ stacks }) => [
      ...withDependencies(
        chosen.filter((stack) => stacks.includes(stack)),
        stacks,
      ),
    ]),
  ];
  return {
    stacks: needed.filter((stack) => placeOf(stack) === placeOf(first)),
    leftOut: needed.filter((stack) => placeOf(stack) !== placeOf(first)).map(pathOf),
    region: first.region ?? defaults.region,
    account: first.account ?? defaults.account,
  };
}

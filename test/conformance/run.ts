import { AssertionError } from 'node:assert';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import { inParallel } from '../support/in-parallel.ts';
import type { ConformanceApp, ConformanceCase, Deployment } from './case.ts';
import type { Target } from './target/target.ts';

const CASES_AT_ONCE = 8;
/** Each is a run with processes of its own. */
const APPS_AT_ONCE = 2;
const LIMIT_MS = 60_000;
/** Characters. */
const MAX_DIFFERENCE = 400;

/** What came of a case: undefined when it holds, else the difference. */
export type Outcome = string | undefined;

/** As JSON, with what JSON leaves out. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => (member === undefined ? 'undefined' : member));

const line = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, MAX_DIFFERENCE);

/** What an assertion compared, after what it says of its own; anything else by its message. */
function differenceIn(error: unknown): string {
  if (!(error instanceof AssertionError)) return line(error instanceof Error ? error.message : String(error));
  const { expected, actual, operator, generatedMessage, message } = error;
  const compared = `expected ${shown(expected)}, got ${shown(actual)}`;
  const said = generatedMessage ? '' : (message.split('\n\n')[0] ?? '');
  return line(operator === '==' && said !== '' ? said : said === '' ? compared : `${said}: ${compared}`);
}

async function outcomeOf(one: ConformanceCase, deployed: Deployment): Promise<Outcome> {
  const { limitMs = LIMIT_MS } = one;
  const over = new AbortController();
  const limit = sleep(systemClock, limitMs, over.signal).then(() => `no end within ${limitMs / 1_000} s`);
  limit.catch(() => undefined);
  try {
    return await Promise.race([one.check(deployed).then(() => undefined, differenceIn), limit]);
  } finally {
    over.abort();
  }
}

export interface Watcher {
  onCase(): void;
  /** A case is asked once more, by itself: the machine may have been busy with the others. */
  onAgain(one: ConformanceCase, difference: string): void;
}

/**
 * Deploys apps and tries their cases. An app that cannot be deployed holds none of them. On the local run a difference that nothing
 * explains is looked at twice.
 */
export async function runCases(
  apps: readonly ConformanceApp[],
  target: Target,
  { onCase, onAgain }: Watcher,
): Promise<ReadonlyMap<ConformanceCase, Outcome>> {
  const outcomes = new Map<ConformanceCase, Outcome>();
  await inParallel(apps, APPS_AT_ONCE, async (app) => {
    const triable = app.cases.filter(({ only = target.name }) => only === target.name);
    const deployed = await target.deploy(app).catch((error: unknown) => {
      const difference = `the app is not deployed: ${differenceIn(error)}`;
      for (const one of triable) outcomes.set(one, difference);
    });
    if (deployed === undefined) return;
    await inParallel(triable, CASES_AT_ONCE, async (one) => {
      outcomes.set(one, await outcomeOf(one, deployed.deployment));
      onCase();
    });
    for (const one of target.name === 'local' ? triable : []) {
      const difference = outcomes.get(one);
      if (difference === undefined || one.difference !== undefined) continue;
      onAgain(one, difference);
      outcomes.set(one, await outcomeOf(one, deployed.deployment));
    }
    await deployed.end();
  });
  return outcomes;
}

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

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);

/** An assertion that says nothing of its own by what it compared, anything else by its message. */
function differenceIn(error: unknown): string {
  if (error instanceof AssertionError) {
    const compared = `expected ${shown(error.expected)}, got ${shown(error.actual)}`;
    return (error.generatedMessage ? compared : `${error.message}: ${compared}`).slice(0, MAX_DIFFERENCE);
  }
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, ' ').slice(0, MAX_DIFFERENCE);
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

/** Deploys apps and tries their cases. An app that cannot be deployed holds none of them. */
export async function runCases(
  apps: readonly ConformanceApp[],
  target: Target,
  onCase: () => void,
): Promise<ReadonlyMap<ConformanceCase, Outcome>> {
  const outcomes = new Map<ConformanceCase, Outcome>();
  await inParallel(apps, APPS_AT_ONCE, async (app) => {
    const deployed = await target.deploy(app).catch((error: unknown) => {
      const difference = `the app is not deployed: ${differenceIn(error)}`;
      for (const one of app.cases) outcomes.set(one, difference);
    });
    if (deployed === undefined) return;
    await inParallel(app.cases, CASES_AT_ONCE, async (one) => {
      outcomes.set(one, await outcomeOf(one, deployed.deployment));
      onCase();
    });
    await deployed.end();
  });
  return outcomes;
}

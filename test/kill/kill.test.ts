import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasJava } from '../support/engines.ts';
import { type Campaign, startCampaign } from './campaign.ts';
import { placesOf, planOf } from './plan.ts';
import type { Variant } from './points.ts';

const SEED = 1;
/** Thirty processes, on a machine that may have other things to do. */
const LIMIT_MS = 120_000;

let campaign: Campaign;
beforeAll(async () => {
  campaign = await startCampaign(hasJava ? 'dynamodb-local' : 'dynalite');
}, LIMIT_MS);
afterAll(() => campaign?.stop());

/** Has a process killed at each of these points, once, and tells of all that must not be. */
async function faults(variant: Variant, points: RegExp): Promise<readonly string[]> {
  const places = placesOf(variant, 1).filter(({ point }) => points.test(point));
  const judged = await campaign.run(planOf(places, SEED));
  expect(judged).toHaveLength(places.length);
  return judged.flatMap(({ outcome, verdict }) =>
    verdict.wrong.map((what) => `${outcome.plan.point}: ${what}`),
  );
}

// What the variants have in common is left to one of them here; `npm run test:kill` leaves nothing out.
describe('a process killed with SIGKILL at any point of its run', { timeout: LIMIT_MS }, () => {
  test('loses nothing, and doubles its effect only where that may have gone unrecorded', async () => {
    expect(await faults('plain rerun', hasJava ? /^(effect|complete)|^any await$/ : /./)).toEqual([]);
  });

  test('leaves a key that is held, where that is wished, and never doubles anything', async () => {
    expect(await faults('plain hold', /^effect: (sent|answered)|^complete: (sent|late)/)).toEqual([]);
  });

  test.skipIf(!hasJava)(
    hasJava
      ? 'has its effect exactly once when one transaction holds effect and completion'
      : 'needs Java 17 for the transaction of effect and completion: dynalite has none',
    async () => {
      expect(await faults('atomic', /./)).toEqual([]);
    },
  );
});

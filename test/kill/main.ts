/* Kills a thousand processes and tells what became of their keys: `npm run test:kill -- --help`. */
import { systemClock } from '../../lib/core/clock.ts';
import { campaignOptions } from '../support/campaign-options.ts';
import { hasJava } from '../support/engines.ts';
import { stopOnSignals } from '../support/on-signals.ts';
import { startCampaign } from './campaign.ts';
import { placesOf, planOf } from './plan.ts';
import { VARIANTS } from './points.ts';
import { chanceOf, tableOf } from './table.ts';

/** Of a thousand runs, half die at places that were chosen and half at any. */
const RANDOM_WEIGHT = 5;
const TELL_EVERY = 50;

const { runs, seed } = campaignOptions(
  'test:kill',
  `Kills processes at each place of an idempotent run, and anywhere, and tells what became of their keys. Fails where one is lost, or
doubled where it must not be.`,
  {
    runs: { about: 'how many keys', variable: 'FIBRIN_KILL_RUNS', otherwise: 1_000, min: 1 },
    seed: {
      ...{ about: 'where they are killed', variable: 'FIBRIN_KILL_SEED' },
      ...{ otherwise: systemClock.now() % 1_000_000, called: 'another one each time' },
    },
  },
);
const startedAt = systemClock.monotonic();
const seconds = () => `${Math.round((systemClock.monotonic() - startedAt) / 1_000)} s`;
console.log(`FIBRIN_KILL_RUNS=${runs} FIBRIN_KILL_SEED=${seed}`);

const campaign = await startCampaign(hasJava ? 'dynamodb-local' : 'dynalite');
stopOnSignals(campaign.stop);
try {
  // Without Java there is no table here that writes effect and completion in one transaction.
  const variants = VARIANTS.filter((variant) => hasJava || variant !== 'atomic');
  const places = variants.flatMap((variant) => placesOf(variant, RANDOM_WEIGHT));
  const plans = planOf(places, seed, runs);
  const judged = await campaign.run(plans, (done) => {
    if (done % TELL_EVERY === 0) console.log(`${done} of ${runs} (${seconds()})`);
  });
  const wrong = judged.filter(({ verdict }) => verdict.wrong.length > 0);
  console.log(`\n${tableOf(judged)}\n\nkilled anywhere, after: ${chanceOf(judged)}\n`);
  for (const { outcome, verdict } of wrong)
    console.log(`${outcome.plan.key}, ${outcome.plan.point}: ${verdict.wrong.join('; ')}`);
  const killed = plans.reduce((sum, { shares }) => sum + shares.length, 0);
  console.log(
    `${plans.length} keys, ${killed} processes killed, ${wrong.length} wrong, ${seconds()} on ${campaign.engine}`,
  );
  process.exitCode = wrong.length > 0 ? 1 : 0;
} finally {
  await campaign.stop();
}

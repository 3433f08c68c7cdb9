/* Plays many random schedules, other ones each time: `npm run test:model -- --help`. */
import { randomInt } from 'node:crypto';
import { campaignOptions } from '../support/campaign-options.ts';
import type { Model } from './batch.ts';
import { campaign, MAX_SEED } from './campaign.ts';

const MODELS: readonly Model[] = ['idempotency', 'breaker'];

const { runs: schedules, seed: given } = campaignOptions(
  'test:model',
  `Plays random schedules of idempotency and of the shared breaker against what was promised, and fails at the first one that breaks
it. FIBRIN_MODEL: one of ${MODELS.join(', ')} alone.`,
  {
    runs: { about: 'how many of each', variable: 'FIBRIN_MODEL_RUNS', otherwise: 100_000 },
    seed: {
      ...{ about: 'which ones', variable: 'FIBRIN_MODEL_SEED' },
      ...{ otherwise: randomInt(MAX_SEED), called: 'others each time' },
    },
  },
);
const seed = given % MAX_SEED;
const { FIBRIN_MODEL: only } = process.env;
const chosen = MODELS.filter((model) => only === undefined || model === only);
if (chosen.length === 0)
  throw new Error(`Expected FIBRIN_MODEL to be one of ${MODELS.join(', ')}, got ${only}`);

for (const model of chosen) if (!(await campaign({ model, schedules, seed }))) process.exitCode = 1;

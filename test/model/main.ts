/*
 * Plays many random schedules, other ones each time: `npm run test:model`.
 * FIBRIN_MODEL: `idempotency` or `breaker`, both by default. FIBRIN_MODEL_RUNS: how many of each, 100,000 by default.
 * FIBRIN_MODEL_SEED: the same ones again.
 */
import { randomInt } from 'node:crypto';
import type { Model } from './batch.ts';
import { campaign, MAX_SEED } from './campaign.ts';

const MODELS: readonly Model[] = ['idempotency', 'breaker'];

function wholeNumber(name: string, otherwise: number): number {
  const text = process.env[name] ?? String(otherwise);
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`Expected ${name} to be a whole number, got ${text}`);
  return value;
}

const schedules = wholeNumber('FIBRIN_MODEL_RUNS', 100_000);
const seed = wholeNumber('FIBRIN_MODEL_SEED', randomInt(MAX_SEED)) % MAX_SEED;
const { FIBRIN_MODEL: only } = process.env;
const chosen = MODELS.filter((model) => only === undefined || model === only);
if (chosen.length === 0)
  throw new Error(`Expected FIBRIN_MODEL to be one of ${MODELS.join(', ')}, got ${only}`);

for (const model of chosen) if (!(await campaign({ model, schedules, seed }))) process.exitCode = 1;

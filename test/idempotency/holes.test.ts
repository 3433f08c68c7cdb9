import { afterAll, beforeAll, describe, it } from 'vitest';
import { fibrin } from '../../bench/idempotency/fibrin.ts';
import { h01 } from '../../bench/idempotency/scenarios/h01-rejected-duplicate.ts';
import { scenarios } from '../../bench/idempotency/scenarios/index.ts';
import { trial } from '../../bench/idempotency/trial.ts';
import { startTestEngine, type TestEngine } from '../support/engines.ts';

/** Each is named after the hole, and passes when fibrin does not have it. */
describe('a hole that is closed', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine('auto');
    // The first requests to a new engine can take longer than an invocation of these has.
    await trial(fibrin, h01, engine.engine.endpoint);
  });
  afterAll(() => engine.stop());

  // Some wait for real timers, so they wait together.
  for (const scenario of scenarios) {
    it.concurrent(`${scenario.id}: ${scenario.title}`, async ({ expect, skip }) => {
      if (scenario.needsTransactions) skip(!engine.engine.transactions, 'this engine has no transactions');
      const { ok, observed } = await trial(fibrin, scenario, engine.engine.endpoint);

      expect(ok, observed).toBe(true);
    });
  }
});

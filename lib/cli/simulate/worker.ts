import { simulate } from '../../simulation/run.ts';
import type { Scenario } from '../../simulation/scenario.ts';

const answer = async (scenario: Scenario): Promise<void> => {
  const { figures } = await simulate(scenario);
  process.send?.(figures, () => process.exit(0));
};

// Whoever has asked is gone: nobody waits for the figures.
process.once('disconnect', () => process.exit(1));
process.once('message', (scenario: Scenario) => {
  answer(scenario).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});

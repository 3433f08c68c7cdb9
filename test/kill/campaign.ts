import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { createTable } from '../../lib/local/dynamodb/tables.ts';
import { bundleWorker } from '../support/bundle.ts';
import { startTestEngine } from '../support/engines.ts';
import { inParallel } from '../support/in-parallel.ts';
import { die } from './death.ts';
import { type Effect, readEffects } from './effects.ts';
import type { World } from './kill.ts';
import { EFFECTS, RECORDS } from './operation.ts';
import type { Plan } from './plan.ts';
import type { Variant } from './points.ts';
import { retry } from './retry.ts';
import { type Outcome, trial } from './trial.ts';
import { judge, type Verdict } from './verdict.ts';

/** Starting a process is all work and no waiting: more of them at once than cores would only be slower each. */
const CONCURRENCY = 2;
const KEYED = {
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
};
const NEVER = Number.MAX_SAFE_INTEGER;

export interface Judged {
  readonly outcome: Outcome;
  readonly verdict: Verdict;
}

export interface Campaign {
  readonly engine: string;
  /** Carries out plans, two at a time, and judges them when all is over: what arrives late is seen. */
  run(plans: readonly Plan[], onDone?: (done: number) => void): Promise<readonly Judged[]>;
  stop(): Promise<void>;
}

/** Lets a process go its whole way and counts its resumptions. */
async function countAwaits(world: Omit<World, 'awaits'>, variant: Variant): Promise<number> {
  const call = { key: `the way of ${variant}`, run: 'process' };
  const { endpoint } = world;
  const order = { endpoint, variant, call, clockOffsetMs: 0, stopAfterAwaits: NEVER };
  const { answer, awaits } = await die({ ...world, order });
  if (!answer || !awaits) throw new Error(`a process that is not killed gave no answer: ${variant}`);
  return awaits;
}

/** What an operator does about a key that is held: looks whether the effect is there; where it is not, frees the key. */
async function lookInto(world: World, outcome: Outcome, { executions }: Effect): Promise<Outcome> {
  const { plan, deaths, answer, held } = outcome;
  if (answer !== undefined || held === undefined || executions > 0) return outcome;
  await world.client.send(new DeleteItemCommand({ TableName: RECORDS, Key: { pk: { S: held } } }));
  const again = await retry(world, plan, deaths.length);
  return { ...outcome, answer: again.answer, replay: (await retry(world, plan, deaths.length)).answer };
}

/** Starts a DynamoDB and what is needed to have processes killed that use it. */
export async function startCampaign(choice: 'dynamodb-local' | 'dynalite'): Promise<Campaign> {
  const [bundle, { engine, client, processes, stop: stopEngine }] = await Promise.all([
    bundleWorker(new URL('./worker.ts', import.meta.url)),
    startTestEngine(choice),
  ]);
  const stop = async () => {
    await stopEngine();
    await bundle.remove();
  };
  const base = { endpoint: engine.endpoint, client, processes, bundle: bundle.file };
  const measure = async () => {
    for (const TableName of [RECORDS, EFFECTS]) await createTable(engine.endpoint, { TableName, ...KEYED });
    const plain = await countAwaits(base, 'plain rerun');
    // Without transactions there is no such way.
    return { plain, atomic: choice === 'dynalite' ? plain : await countAwaits(base, 'atomic') };
  };
  const awaits = await measure().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const world: World = {
    ...base,
    awaits: (variant) => (variant === 'atomic' ? awaits.atomic : awaits.plain),
  };
  return {
    engine: engine.name,
    async run(plans, onDone = () => undefined) {
      let done = 0;
      const outcomes = await inParallel(plans, CONCURRENCY, async (plan) => {
        const outcome = await trial(world, plan).catch((error: unknown) => {
          throw new Error(`${plan.key}, killed at "${plan.point}", met what no plan foresees`, {
            cause: error,
          });
        });
        onDone(++done);
        return outcome;
      });
      const before = await readEffects(client);
      const settled: Outcome[] = [];
      for (const outcome of outcomes) settled.push(await lookInto(world, outcome, before(outcome.plan.key)));
      const effects = await readEffects(client);
      return settled.map((outcome) => ({ outcome, verdict: judge(outcome, effects(outcome.plan.key)) }));
    },
    stop,
  };
}

import { once } from 'node:events';
import { connect } from 'node:net';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import { startTestEngine } from '../support/engines.ts';
import { inParallel } from '../support/in-parallel.ts';
import { atomicTrial } from './atomic-trial.ts';
import { httpTrial } from './http-trial.ts';
import { startChargeServer } from './ledger.ts';
import type { Plan } from './plan.ts';
import { CLOSED_URL } from './proxy.ts';
import { clientOf, createTables, RECORDS, readCharges, readRecords } from './tables.ts';
import type { Outcome } from './trial.ts';
import { judge, type Verdict } from './verdict.ts';

/** Most of a trial is waiting for answers. */
const CONCURRENCY = 16;

export interface Judged {
  readonly outcome: Outcome;
  readonly verdict: Verdict;
  readonly charges: number;
}

export interface Campaign {
  readonly engine: string;
  /** Tries out all plans and judges them when all is over: what arrives late is seen. */
  run(plans: readonly Plan[], onDone?: (done: number) => void): Promise<readonly Judged[]>;
  stop(): Promise<void>;
}

async function checkClosed(): Promise<void> {
  const { hostname, port } = new URL(CLOSED_URL);
  const socket = connect(Number(port), hostname);
  const [error] = await Promise.race([once(socket, 'error'), once(socket, 'connect')]).catch((error) => [
    error,
  ]);
  socket.destroy();
  if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ECONNREFUSED')
    throw new Error(`${CLOSED_URL} must refuse connections`);
}

/** Starts all that charges, and what is needed to try it out. */
export async function startCampaign(choice: 'dynamodb-local' | 'dynalite'): Promise<Campaign> {
  await checkClosed();
  const [server, { engine, client, stop: stopEngine }] = await Promise.all([
    startChargeServer(),
    startTestEngine(choice),
  ]);
  await createTables(engine.endpoint);
  const closed = clientOf(CLOSED_URL, 1);
  const http = {
    store: dynamoStore({ table: RECORDS, transport: sdkTransport(client) }),
    chargeUrl: server.url,
  };
  const atomic = { endpoint: engine.endpoint, closed };
  const tryOut = (plan: Plan): Promise<Outcome> =>
    plan.group === 'atomic' ? atomicTrial(atomic, plan) : httpTrial(http, plan);
  return {
    engine: engine.name,
    async run(plans, onDone = () => undefined) {
      let done = 0;
      const outcomes = await inParallel(plans, CONCURRENCY, async (plan) => {
        const outcome = await tryOut(plan);
        onDone(++done);
        return outcome;
      });
      const charges = Map.groupBy([...server.ledger, ...(await readCharges(client))], ({ key }) => key);
      const recordOf = await readRecords(client);
      return outcomes.map((outcome) => {
        const { key } = outcome.plan;
        const truth = { charges: charges.get(key) ?? [], record: recordOf(key) };
        return { outcome, charges: truth.charges.length, verdict: judge(outcome, truth) };
      });
    },
    async stop() {
      closed.destroy();
      await Promise.all([server.close(), stopEngine()]);
    },
  };
}

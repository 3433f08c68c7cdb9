/*
 * A process that makes calls under a breaker on a real table until it is asked to finish, and reports what it has done.
 */
import { flushCompileCache } from 'node:module';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { systemRandom } from '../../lib/core/random.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import { stretchedClock } from '../support/stretched-clock.ts';
import { currentCall, NotingStore } from './noting-store.ts';
import {
  CLAIM_HEADER,
  ID_HEADER,
  NAME,
  type Order,
  type Report,
  type Request,
  type Summary,
} from './order.ts';

/** A machine with much to do is no store outage: limits on time are so much longer. */
const STRETCH = 200;
/** So many calls in a row that are made say that all are. */
const ADMITTED = 10;
/** What goes on beside the calls comes to its end in this time. Milliseconds. */
const REST_MS = 1_000;

const { id, endpoint, table, url, openMs, everyMs } = JSON.parse(process.argv[2] ?? '') as Order;
const report = (what: Report) => process.send?.(what);

class OwnError extends Error {
  readonly status = 503;
}

const errors: string[] = [];
process.on('unhandledRejection', (error) => errors.push(`unhandled: ${String(error)}`));

const client = new DynamoDBClient({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  // What is made twice is noted once.
  maxAttempts: 1,
});
const store = new NotingStore(dynamoStore({ table, transport: sdkTransport(client) }));
const breaker = sharedBreaker({ name: NAME, store, clock: stretchedClock(STRETCH), openMs });

const counts = { ok: 0, failed: 0, rejected: 0 };
let row = 0;
let hasReported = false;
let isGoing = true;

async function callServer(): Promise<void> {
  const claim = currentCall.getStore()?.claim;
  const headers = {
    [ID_HEADER]: String(id),
    ...(claim !== undefined && { [CLAIM_HEADER]: String(claim) }),
  };
  const response = await fetch(url, { headers }).catch((error: unknown) => {
    throw new OwnError(String(error));
  });
  await response.arrayBuffer();
  if (!response.ok) throw new OwnError(String(response.status));
}

/** The first rejection since the shared state is open is reported. */
function rejected(): void {
  counts.rejected++;
  if (!store.hasSeenOpen || hasReported) return;
  hasReported = true;
  report('rejected');
}

async function call(): Promise<void> {
  try {
    await currentCall.run({}, () => breaker.execute(callServer));
    counts.ok++;
    if (++row === ADMITTED) report('admitted');
  } catch (error) {
    row = 0;
    if (error instanceof OwnError) counts.failed++;
    else if (error instanceof BreakerOpenError) rejected();
    else errors.push(String(error));
  }
}

async function go(): Promise<void> {
  while (isGoing) {
    await call();
    await sleep(systemClock, everyMs * (0.5 + systemRandom.next()));
  }
  await sleep(systemClock, REST_MS);
  const summary: Summary = { ...counts, errors, ...store.notes };
  report(summary);
}

process.on('message', (request: Request) => {
  if (request === 'go') void go();
  else isGoing = false;
});
process.on('disconnect', () => process.exit());

await store.get('none', {});
// For the processes to come: they start faster.
flushCompileCache();
report('ready');

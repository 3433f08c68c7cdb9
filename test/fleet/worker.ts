/*
 * A process of the fleet: makes calls under a breaker on a real table until it is told to finish, and says what it has done.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { flushCompileCache } from 'node:module';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { readVerdict, verdictKey } from '../../lib/breaker/verdict.ts';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import { BreakerOpenError } from '../../lib/core/errors.ts';
import { systemRandom } from '../../lib/core/random.ts';
import type { CountingStore, Item } from '../../lib/core/store.ts';
import { dynamoStore } from '../../lib/store/dynamodb.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import { stretchedClock } from '../support/stretched-clock.ts';
import {
  CLAIM_HEADER,
  ID_HEADER,
  NAME,
  type Order,
  type Said,
  type Summary,
  type Sums,
  type Told,
  type Written,
} from './order.ts';

/** A machine with much to do is no store in trouble: limits on time are so much longer. */
const PATIENCE = 200;
/** So many calls in a row that are made say that it is let through. */
const THROUGH = 10;

const { id, endpoint, table, url, openMs, everyMs } = JSON.parse(process.argv[2] ?? '') as Order;
const say = (said: Said) => process.send?.(said);

class OwnError extends Error {}

const errors: string[] = [];
const unknown: string[] = [];
const written: Written[] = [];
const added: Sums = {};
process.on('unhandledRejection', (error) => errors.push(`unheard: ${String(error)}`));

/** The call for which something is asked, and the claim that it has made. */
const around = new AsyncLocalStorage<{ claim?: number }>();

const client = new DynamoDBClient({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  // What is made twice is told once.
  maxAttempts: 1,
});
const inner = dynamoStore({ table, transport: sdkTransport(client) });
/** Whether this process has seen that it is open: it may be refused by itself before. */
let hasSeenOpen = false;
const see = (key: string, item: Item | undefined) => {
  if (key === verdictKey(NAME) && item) hasSeenOpen ||= readVerdict(item)?.state === 'open';
};
const known = async <R>(what: string, request: Promise<R>): Promise<R> => {
  try {
    return await request;
  } catch (error) {
    unknown.push(`${what}: ${String(error)}`);
    throw error;
  }
};

/** Notes what was applied. Nothing is cut off, so that its end is known: the breaker waits no longer all the same. */
const store: CountingStore = {
  ...inner,
  async get(key, options) {
    const item = await inner.get(key, options?.isEventual ? { isEventual: true } : {});
    see(key, item);
    return item;
  },
  async put(key, item, { when } = {}) {
    const at = systemClock.now();
    const result = await known(`put ${key}`, inner.put(key, item, { ...(when && { when }) }));
    see(key, result.applied ? item : result.current);
    const verdict = key === verdictKey(NAME) ? readVerdict(item) : undefined;
    if (!result.applied || verdict === undefined) return result;
    written.push({ verdict, at });
    const call = around.getStore();
    if (call && verdict.isProbing) call.claim = verdict.version;
    return result;
  },
  async add(key, amounts, { expiresAt }) {
    const item = await known(`add ${key}`, inner.add(key, amounts, { expiresAt }));
    added[key] ??= {};
    const sums = added[key];
    for (const [name, amount] of Object.entries(amounts)) sums[name] = (sums[name] ?? 0) + amount;
    return item;
  },
};

const clock = stretchedClock(PATIENCE);
const breaker = sharedBreaker({ name: NAME, store, clock, openMs });

const counts = { ok: 0, failed: 0, refused: 0 };
let row = 0;
let hasSaid = false;

async function callServer(): Promise<void> {
  const claim = around.getStore()?.claim;
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

function rejection(): void {
  counts.refused++;
  if (!hasSeenOpen || hasSaid) return;
  hasSaid = true;
  say('refused');
}

async function call(): Promise<void> {
  try {
    await around.run({}, () => breaker.execute(callServer));
    counts.ok++;
    if (++row === THROUGH) say('through');
  } catch (error) {
    row = 0;
    if (error instanceof OwnError) counts.failed++;
    else if (error instanceof BreakerOpenError) rejection();
    else errors.push(String(error));
  }
}

let isGoing = true;
async function go(): Promise<void> {
  while (isGoing) {
    await call();
    await sleep(systemClock, everyMs * (0.5 + systemRandom.next()));
  }
  // What goes on beside the calls comes to its end.
  await sleep(systemClock, 1_000);
  const summary: Summary = { ...counts, errors, added, unknown, written };
  say(summary);
}

process.on('message', (told: Told) => {
  if (told === 'go') void go();
  else isGoing = false;
});
process.on('disconnect', () => process.exit());

await inner.get('none');
// For the processes to come: they start faster.
flushCompileCache();
say('ready');

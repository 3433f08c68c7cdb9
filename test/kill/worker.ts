/*
 * A process that is to die: makes one call, says on its way where it is, and stands still for good at the place it was
 * given. It says so in writes that block, so that what it said is what it did.
 */
import { createHook } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { flushCompileCache } from 'node:module';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { FibrinError } from '../../lib/core/errors.ts';
import { fromWireItem } from '../../lib/store/marshal.ts';
import { sdkTransport } from '../../lib/store/transport/sdk.ts';
import type { WireWriteResult } from '../../lib/store/transport/transport.ts';
import { type Call, clientOf, operation, RECORDS, type Receipt } from './operation.ts';
import type { Mark, Step, Variant } from './points.ts';

/** Its one argument, as JSON. */
export interface Order {
  readonly endpoint: string;
  readonly variant: Variant;
  readonly call: Call;
  readonly clockOffsetMs: number;
  /** Where to stand still, or after how many resumptions. At the end in any case. */
  readonly stopAt?: Mark;
  readonly stopAfterAwaits?: number;
}

/** What it says, a line each. */
export type Said =
  | { readonly at: Mark }
  | { readonly standing: true }
  | { readonly answer: Receipt; readonly awaits: number }
  | { readonly refused: string };

const { endpoint, variant, call, clockOffsetMs, stopAt, stopAfterAwaits } = JSON.parse(
  process.argv[2] ?? '',
) as Order;

const say = (said: Said) => writeSync(1, `${JSON.stringify(said)}\n`);

/** Blocks the thread: no callback, timer or promise of this process ever runs again. */
function stand(): void {
  say({ standing: true });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function reach(at: Mark): void {
  say({ at });
  if (at === stopAt) stand();
}

let step: Step = 'claim';
async function through<R>(
  name: Step,
  request: () => Promise<R>,
  isDone: (answer: R) => boolean = () => true,
): Promise<R> {
  step = name;
  reach(`${step}: not sent`);
  const answer = await request();
  // A claim that was refused is none: it is made again, of what stood in its way.
  if (isDone(answer)) reach(`${step}: answered`);
  return answer;
}
const isApplied = ({ applied }: WireWriteResult) => applied;

const client = clientOf(endpoint);
const sdk = sdkTransport(client);
const { transact } = sdk;
const run = operation({
  variant,
  clockOffsetMs,
  transport: {
    ...sdk,
    put(input, signal) {
      const name = fromWireItem(input.Item)['state'] === 'completed' ? 'complete' : 'claim';
      return through(name, () => sdk.put(input, signal), isApplied);
    },
    ...(transact && {
      transact: (input, signal) => through('transaction', () => transact(input, signal), isApplied),
    }),
  },
  effect: (update) => through('effect', () => client.send(new UpdateItemCommand(update))),
});

let awaits = 0;
const counter = createHook({
  before() {
    if (++awaits === stopAfterAwaits) stand();
  },
});

// Warm, as a sandbox mostly is: else most of its awaits, and of its time, would be those of a first request.
await sdk.get({ TableName: RECORDS, Key: { pk: { S: 'none' } }, ConsistentRead: true });
// `finish`: all of the request is in the hands of the operating system.
subscribe('http.client.request.start', (message) => {
  (message as { readonly request: ClientRequest }).request.once('finish', () => reach(`${step}: sent`));
});

if (stopAfterAwaits !== undefined) counter.enable();
reach('begun');
try {
  const answer = await run(call);
  reach('answer: not sent');
  say({ answer, awaits });
} catch (error) {
  if (!(error instanceof FibrinError)) throw error;
  say({ refused: error.code });
}
// For the processes to come: they start faster.
flushCompileCache();
stand();

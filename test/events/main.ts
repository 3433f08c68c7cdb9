/* Events through the relay, and messages of FIFO queues, with failures: `npm run test:events -- --help`. */
import { systemClock } from '../../lib/core/clock.ts';
import { campaignOptions } from '../support/campaign-options.ts';
import { runRedelivery } from './fifo-redelivery.ts';
import { runFifo } from './fifo-run.ts';
import { judgeFifo } from './messages.ts';
import { judgeRelay, runRelay } from './relay-run.ts';

const { seed } = campaignOptions(
  'test:events',
  `Relays 10,000 events, some of which cannot be published, to a bus that rejects 30 % of its entries, and handles 1,000 messages of 20
groups of a FIFO queue with failures. Fails where one is lost, repeated or out of order.`,
  {
    seed: {
      ...{ about: 'which ones fail', variable: 'FIBRIN_EVENTS_SEED' },
      ...{ otherwise: systemClock.now() % 1_000_000, called: 'another one each time' },
    },
  },
);
console.log(`FIBRIN_EVENTS_SEED=${seed}`);

function show(title: string, figures: Readonly<Record<string, number>>, wrong: readonly string[]): void {
  console.log(`\n${title}`);
  for (const [name, figure] of Object.entries(figures))
    console.log(`  ${name.padEnd(28)}${figure.toLocaleString('en').padStart(14)}`);
  for (const what of wrong.slice(0, 20)) console.error(`  ${what}`);
  console.log(wrong.length === 0 ? '  nothing is wrong' : `  ${wrong.length} things are wrong`);
  if (wrong.length > 0) process.exitCode = 1;
}

const relay = await runRelay({ events: 10_000, items: 200, rejectedRatio: 0.3, seed });
const kinds = Object.groupBy(relay.changes, ({ kind }) => kind);
const { good = [], expired = [], poison = [] } = kinds;
const made = { good: good.length, expired: expired.length, 'cannot be published': poison.length };
show('Outbox relay', { ...made, 'given up': relay.givenUp.length, ...relay.figures }, judgeRelay(relay));

const size = { messages: 1_000, groups: 20, seed };
const local = await runFifo(size);
show('FIFO queue of the local run', local.figures, judgeFifo(local));
const redelivered = await runRedelivery(size);
show('FIFO queue with several messages of a group in a batch', redelivered.figures, judgeFifo(redelivered));

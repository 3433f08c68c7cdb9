/* Charges keys over a bad network and tells what became of them: `npm run test:charge -- --help`. */
import { systemClock } from '../../lib/core/clock.ts';
import { hasJava } from '../support/engines.ts';
import { stopOnSignals } from '../support/on-signals.ts';
import { type Arguments, HELP, readArguments } from './arguments.ts';
import { type Judged, startCampaign } from './campaign.ts';
import { figuresOf } from './figures.ts';
import { plansOf, sizesOf } from './plan.ts';
import { tableOf } from './table.ts';
import { GUARDED } from './ways.ts';

function readOrExit(): Arguments {
  try {
    return readArguments(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
    process.exit(2);
  }
}

const { keys, seed, ways, json, help } = readOrExit();
if (help) {
  console.log(HELP);
  process.exit(0);
}

/** The histories of more keys say no more. */
const MAX_HISTORIES = 5;
const PROGRESS_TIMES = 20;
const startedAt = systemClock.monotonic();
const elapsedMs = () => Math.round(systemClock.monotonic() - startedAt);
const say = (what: string) =>
  console.error(`${String(Math.round(elapsedMs() / 1_000)).padStart(4)} s  ${what}`);

function sayHistory({ outcome, verdict }: Judged): void {
  console.error(`\n${verdict.wrong.join('; ')}\n${JSON.stringify(outcome.plan)}`);
  console.error(outcome.history.join('\n'));
}

say(`FIBRIN_CHARGE_KEYS=${keys} FIBRIN_CHARGE_SEED=${seed} FIBRIN_CHARGE_WAYS='${ways.join(',')}'`);
const campaign = await startCampaign(hasJava ? 'dynamodb-local' : 'dynalite');
stopOnSignals(campaign.stop);
try {
  const sizes = sizesOf(keys);
  // Without Java there is no table here that writes a charge and its record in one transaction.
  const plans = plansOf(seed, hasJava ? sizes : { ...sizes, atomic: 0 }, ways);
  const each = Math.ceil(plans.length / PROGRESS_TIMES);
  const judged = await campaign.run(plans, (done) => {
    if (done % each === 0) say(`${done} of ${plans.length} keys`);
  });
  const isWhole = GUARDED.every((way) => ways.includes(way));
  const report = {
    keys,
    seed,
    elapsedMs: elapsedMs(),
    engine: campaign.engine,
    ...figuresOf(judged, isWhole ? keys : 0),
  };
  console.log(json ? JSON.stringify(report, undefined, 2) : tableOf(report));
  judged
    .filter(({ outcome, verdict }) => outcome.plan.group !== 'careless' && verdict.wrong.length > 0)
    .slice(0, MAX_HISTORIES)
    .forEach(sayHistory);
  if (report.wrong.length > 0) {
    console.error(`\n${report.wrong.join('\n')}`);
    console.error(`Again: npm run test:charge -- --keys ${keys} --seed ${seed} --ways '${ways.join(',')}'`);
    process.exitCode = 1;
  }
} finally {
  await campaign.stop();
}
// By itself Node 24 may spin for ever while it frees its handles, after so many sockets were reset.
process.exit();

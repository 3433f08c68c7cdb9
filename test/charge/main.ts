/* Charges keys over a bad network and tells what became of them: `npm run test:charge -- --help`. */
import { parseArgs } from 'node:util';
import { systemClock } from '../../lib/core/clock.ts';
import { hasJava } from '../support/engines.ts';
import { startCampaign } from './campaign.ts';
import { figuresOf } from './figures.ts';
import { plansOf, sizesOf } from './plan.ts';
import { tableOf } from './table.ts';

const HELP = `npm run test:charge -- [--keys 5000] [--seed 1] [--json]

Charges keys at a server that charges whenever it is asked to, through clients and a proxy that loses, cuts, delays and
replaces what it is given, and a quarter as many in the transaction that records them. Fails where a key is charged twice,
answered without a charge, or held though its outcome is known.

  --keys  how many, from 1 on; also FIBRIN_CHARGE_KEYS. Default 5000
  --seed  what happens to them; also FIBRIN_CHARGE_SEED. Default: another one each time
  --json  prints the figures as JSON`;

const { env } = process;
const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: env['FIBRIN_CHARGE_KEYS'] ?? '5000' },
    seed: { type: 'string', default: env['FIBRIN_CHARGE_SEED'] ?? String(systemClock.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const [keys, seed] = [Number(values.keys), Number(values.seed)];
if (![keys, seed].every(Number.isSafeInteger) || keys < 1) {
  console.error(HELP);
  process.exit(2);
}

/** Histories of more keys say no more. */
const MAX_TOLD = 5;
const TOLD_TIMES = 20;
const startedAt = systemClock.monotonic();
const elapsedMs = () => Math.round(systemClock.monotonic() - startedAt);
const say = (what: string) =>
  console.error(`${String(Math.round(elapsedMs() / 1_000)).padStart(4)} s  ${what}`);
say(`FIBRIN_CHARGE_KEYS=${keys} FIBRIN_CHARGE_SEED=${seed}`);

const campaign = await startCampaign(hasJava ? 'dynamodb-local' : 'dynalite');
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => void campaign.stop().finally(() => process.exit(code)));
}
try {
  const sizes = sizesOf(keys);
  // Without Java there is no table here that writes a charge and its record in one transaction.
  const plans = plansOf(seed, hasJava ? sizes : { ...sizes, atomic: 0 });
  const each = Math.ceil(plans.length / TOLD_TIMES);
  const judged = await campaign.run(plans, (done) => {
    if (done % each === 0) say(`${done} of ${plans.length} keys`);
  });
  const figures = figuresOf(judged, keys);
  const report = { keys, seed, elapsedMs: elapsedMs(), engine: campaign.engine, ...figures };
  console.log(values.json ? JSON.stringify(report, undefined, 2) : tableOf(report));
  const wrong = judged.filter(
    ({ outcome, verdict }) =>
      outcome.plan.group !== 'careless' &&
      (!process.env.ONLY || outcome.plan.group === process.env.ONLY) &&
      verdict.wrong.length > 0,
  );
  for (const { outcome, verdict } of wrong.slice(0, MAX_TOLD)) {
    const { faults: _, ...plan } = outcome.plan;
    console.error(`\n${verdict.wrong.join('; ')}\n${JSON.stringify(plan)}\n${outcome.history.join('\n')}`);
  }
  for (const what of figures.wrong) console.error(what);
  if (figures.wrong.length > 0) {
    console.error(`\nAgain: npm run test:charge -- --keys ${keys} --seed ${seed}`);
    process.exitCode = 1;
  }
} finally {
  await campaign.stop();
}

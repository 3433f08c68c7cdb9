/*
 * Fifty processes share a breaker on a real table: `npm run test:fleet`.
 * FIBRIN_FLEET_PROCESSES: how many, 50 by default. FIBRIN_FLEET_FREEZE_MS: how long some are frozen, 30,000 by default.
 */
import { DEFAULT_SHARED_OPEN_MS } from '../../lib/breaker/constants.ts';
import { systemClock } from '../../lib/core/clock.ts';
import { hasJava } from '../support/engines.ts';
import { judge } from './judge.ts';
import { runFleet } from './run.ts';

const processes = Number(process.env['FIBRIN_FLEET_PROCESSES'] ?? 50);
const freezeMs = Number(process.env['FIBRIN_FLEET_FREEZE_MS'] ?? 30_000);
if (![processes, freezeMs].every(Number.isSafeInteger) || processes < 3 || freezeMs < 0) {
  console.error('FIBRIN_FLEET_PROCESSES takes a number from 3 on, FIBRIN_FLEET_FREEZE_MS one from 0 on');
  process.exit(2);
}

const startedAt = systemClock.monotonic();
const say = (what: string) =>
  console.log(`${String(Math.round((systemClock.monotonic() - startedAt) / 1_000)).padStart(4)} s  ${what}`);

const findings = await runFleet({
  ...{ processes, freezeMs, say, openMs: DEFAULT_SHARED_OPEN_MS, everyMs: 500 },
  engine: hasJava ? 'dynamodb-local' : 'dynalite',
});
const sum = (of: 'ok' | 'failed' | 'rejected') =>
  findings.summaries.reduce((total, summary) => total + summary[of], 0);
const probes = findings.visits.filter(({ claim }) => claim !== undefined).length;
say(
  `${sum('ok')} calls succeeded, ${sum('failed')} failed, ${sum('rejected')} were rejected; ${probes} probes, ${findings.state.version} writes of the state`,
);
const unknown = findings.summaries.flatMap((summary) => summary.unknown);
say(
  `${unknown.length} requests failed and may have been made${unknown.map((what) => `\n        ${what}`).join('')}`,
);
const wrong = judge(findings);
for (const what of wrong) console.error(what);
say(wrong.length === 0 ? 'nothing is wrong' : `${wrong.length} things are wrong`);
process.exitCode = wrong.length > 0 ? 1 : 0;

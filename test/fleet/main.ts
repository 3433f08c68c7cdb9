/* Fifty processes share a breaker on a real table: `npm run test:fleet -- --help`. */
import { DEFAULT_SHARED_OPEN_MS } from '../../lib/breaker/constants.ts';
import { systemClock } from '../../lib/core/clock.ts';
import { campaignOptions } from '../support/campaign-options.ts';
import { hasJava } from '../support/engines.ts';
import { judge } from './judge.ts';
import { runFleet } from './run.ts';

const { processes, 'freeze-ms': freezeMs } = campaignOptions(
  'test:fleet',
  `Processes share a breaker on a real table through an outage, freezes and a recovery. Fails where more than one probes, one stays
stuck, or calls are made that must not be.`,
  {
    processes: { about: 'how many', variable: 'FIBRIN_FLEET_PROCESSES', otherwise: 50, min: 3 },
    'freeze-ms': {
      about: 'how long some are frozen, in milliseconds',
      variable: 'FIBRIN_FLEET_FREEZE_MS',
      otherwise: 30_000,
    },
  },
);

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

/*
 * What trouble of the store costs a call under a fleet's breaker, in real time: `npm run bench -- breaker`.
 *   --seconds  how long each kind of trouble is measured; 20 by default
 *   --json     prints one JSON document and nothing else
 */
import { parseArgs } from 'node:util';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import { spreadOf } from '../measure.ts';
import { type Lane, lane, TROUBLES } from './lane.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, json: { type: 'boolean' } },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds takes a number above 0, got ${values.seconds}`);

/** All at the same time, so that the machine has the same hiccups for each. */
const lanes = TROUBLES.map(lane);
const warmUpMs = 2_000;

const running = lanes.map(({ run }) => run(warmUpMs + seconds * 1_000));
await sleep(systemClock, warmUpMs);
for (const { begin } of lanes) begin();
await Promise.all(running);

const figures = (of: Lane) => {
  const sorted = of.tookMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
  const { median, most } = spreadOf(of.tookMs);
  return { trouble: of.trouble, calls: sorted.length, p50: median, p99: at(0.99), most, errors: of.errors() };
};
const rows = lanes.map(figures);

if (values.json) console.log(JSON.stringify({ node: process.version, seconds, rows }, null, 2));
else {
  console.log('the store is     calls   p50 ms   p99 ms  most ms  more at p99  calls that failed of it');
  const healthy = rows[0]?.p99 ?? Number.NaN;
  for (const { trouble, calls, p50, p99, most, errors } of rows) {
    const cells = [p50, p99, most].map((ms) => ms.toFixed(1).padStart(9)).join('');
    const more = (p99 - healthy).toFixed(1).padStart(13);
    console.log(
      `${trouble.padEnd(14)}${String(calls).padStart(8)}${cells}${more}${String(errors).padStart(24)}`,
    );
  }
}

/*
 * Requests at a steady rate to a function of the local run that has no sandbox yet: `npm run test:load`.
 * FIBRIN_LOAD_RATE: requests a second, 40 by default. FIBRIN_LOAD_SECONDS: 60 by default. FIBRIN_LOAD_MS: how long each takes,
 * 100 by default. FIBRIN_LOAD_KILL_SECONDS: every so many seconds all sandboxes are killed, 0 (never) by default.
 */
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../lib/core/clock.ts';
import { startLocalRun } from '../../lib/local/run.ts';

const setting = (name: string, fallback: number): number =>
  Number(process.env[`FIBRIN_LOAD_${name}`] ?? fallback);
const [rate, seconds, ms, killSeconds] = [
  setting('RATE', 40),
  setting('SECONDS', 60),
  setting('MS', 100),
  setting('KILL_SECONDS', 0),
];
/** What an HTTP API gives its integration, and a little for the way. */
const LIMIT_MS = 30_500;

interface Answered {
  readonly status: number | 'lost';
  readonly ms: number;
  readonly pid?: number;
}

const run = await startLocalRun({
  project: fileURLToPath(new URL('../cdk/events-app', import.meta.url)),
  ...{ port: 0, dynamodb: 'dynalite', timeScale: 1, concurrencyPerSandbox: 1, fresh: false },
  log: { say: () => undefined, output: () => undefined },
  signal: new AbortController().signal,
});

async function ask(): Promise<Answered> {
  const began = systemClock.monotonic();
  const took = () => systemClock.monotonic() - began;
  try {
    const response = await fetch(`${run.url}/who?ms=${ms}`);
    const { pid } = (await response.json()) as { pid?: number };
    return { status: response.status, ms: took(), ...(pid !== undefined && { pid }) };
  } catch {
    return { status: 'lost', ms: took() };
  }
}

const killAll = () => fetch(`${run.url}/_fibrin/sandboxes`, { method: 'DELETE' });
const until = (atMs: number) =>
  new Promise<void>(
    (resolve) => void systemClock.after(Math.max(0, atMs - systemClock.monotonic()), resolve),
  );

await killAll();
const began = systemClock.monotonic();
const asked: Promise<Answered>[] = [];
for (let index = 0; index < rate * seconds; index++) {
  await until(began + (index * 1_000) / rate);
  asked.push(ask());
  if (killSeconds > 0 && (index + 1) % (rate * killSeconds) === 0) void killAll();
}
const answers = await Promise.all(asked);
const { functions } = (await (await fetch(`${run.url}/_fibrin/state`)).json()) as {
  functions: { name: string; coldStarts: number; throttles: number; sandboxes: unknown[] }[];
};
await run.stop();

const times = answers.map((answer) => answer.ms).sort((a, b) => a - b);
const quantile = (fraction: number) =>
  Math.round(Number(times[Math.min(times.length - 1, Math.floor(fraction * times.length))]));
const statuses = Object.groupBy(answers, ({ status }) => String(status));
const who = functions.find(({ name }) => name === 'Who');
const counts = Object.entries(statuses).map(([status, all]) => `${all?.length} × ${status}`);
const late = answers.filter((answer) => answer.ms > LIMIT_MS).length;
const lost = statuses['lost']?.length ?? 0;
console.log(
  [
    `${answers.length} requests at ${rate}/s, each ${ms} ms, from a cold pool: ${counts.join(', ')}`,
    `ms: median ${quantile(0.5)}, p90 ${quantile(0.9)}, p99 ${quantile(0.99)}, max ${quantile(1)}; over the gateway's limit: ${late}; lost: ${lost}`,
    `cold starts ${who?.coldStarts}, sandboxes ${who?.sandboxes.length}, throttles ${who?.throttles}`,
  ].join('\n'),
);
if (late + lost > 0 || (killSeconds === 0 && Object.keys(statuses).some((status) => status !== '200')))
  process.exitCode = 1;

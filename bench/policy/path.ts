/*
 * What one warm call passes through: `npm run bench -- path`. A successful call with retry, a breaker of this environment,
 * validation, fallback and a listener; the functions of lib/ that it enters, by V8's precise coverage.
 *   --check   exits with 1 where there are more than there were, or one has no name
 */
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { resilient } from '../../lib/index.ts';

const LIB = new URL('../../lib/', import.meta.url).href;
const FOLDER = fileURLToPath(LIB);
/** So many were entered before policies were layers. */
const MAX_FUNCTIONS = 51;
/** Enough for V8 to have compiled everything that it will. Calls. */
const WARM_UP = 2_000;

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const heard: unknown[] = [];
const policy = resilient<number>({
  name: 'work',
  retry: { maxAttempts: 3 },
  breaker: {},
  validate: (value) => value === 1,
  fallback: () => 0,
  onEvent: (event) => heard.push(event),
});
const call = () => policy.execute(async () => 1);
for (let n = 0; n < WARM_UP; n++) await call();

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await session.post('Profiler.takePreciseCoverage');
await call();
const { result } = await session.post('Profiler.takePreciseCoverage');
session.disconnect();

const entered = result
  .filter(({ url }) => url.startsWith(LIB))
  .flatMap(({ url, functions }) =>
    functions
      .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
      .map(({ functionName, ranges }) => ({
        file: fileURLToPath(url).slice(FOLDER.length),
        name: functionName,
        times: ranges[0]?.count ?? 0,
      })),
  );
const nameless = entered.filter(({ name }) => name === '');
if (!values.check) console.table(entered);
console.log(
  `${entered.length} functions entered, ${nameless.length} without a name; at most ${MAX_FUNCTIONS}`,
);
if (entered.length === 0) throw new Error('no function was seen: the measurement sees nothing');
if (values.check && (entered.length > MAX_FUNCTIONS || nameless.length > 0)) process.exitCode = 1;

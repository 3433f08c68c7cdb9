/*
 * What one warm call passes through: `npm run bench -- path`. The functions of lib/ that it enters, by V8's precise coverage:
 * - a successful call with retry, a breaker of this environment, validation, fallback and a listener;
 * - the same with hedging, of which nothing is made;
 * - a successful call under a shared breaker with a listener, of which nothing is reported;
 * - a failed call under it, which is reported.
 *   --check   exits with 1 where there are more than there were, or one of the first three has no name
 */
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sharedBreaker } from '../../lib/breaker/index.ts';
import { INITIAL, stateKey, writeState } from '../../lib/breaker/state.ts';
import { hedge, type ResilientOptions, resilient } from '../../lib/index.ts';
import { memoryStore } from '../../lib/testing/index.ts';

const LIB = new URL('../../lib/', import.meta.url).href;
const FOLDER = fileURLToPath(LIB);
/** Enough for V8 to have compiled everything that it will. Calls. */
const WARM_UP = 2_000;

const { values } = parseArgs({ options: { check: { type: 'boolean' } } });
const heard: unknown[] = [];
const onEvent = (event: unknown) => heard.push(event);

const policyWith = (more: Partial<ResilientOptions<number>>) =>
  resilient<number>({
    ...{ name: 'work', retry: { maxAttempts: 3 }, breaker: {}, fallback: () => 0, onEvent },
    validate: (value) => value === 1,
    ...more,
  });
const policy = policyWith({});
const hedged = policyWith({ hedge: hedge({ delayMs: 1_000 }) });

const store = memoryStore();
await store.put(stateKey('work'), writeState({ ...INITIAL, version: 1, rate: 5_000 }));
/** 0: everything that is done with a probability is done. */
let chance = 1 - Number.EPSILON;
const random = { next: () => chance, token: () => '' };
const breaker = sharedBreaker({ name: 'work', store, random, onEvent });
const unavailable = Object.assign(new Error('unavailable'), { status: 503 });
const failing = () => breaker.execute(() => Promise.reject(unavailable)).catch(() => {});

interface Path {
  readonly what: string;
  readonly call: () => Promise<unknown>;
  /** So many it may enter: those of the policy before policies were layers, the others as measured. */
  readonly maxFunctions: number;
  readonly mayHaveNoName?: boolean;
}
const paths: readonly Path[] = [
  { what: 'policy', call: () => policy.execute(async () => 1), maxFunctions: 51 },
  { what: 'policy with hedging', call: () => hedged.execute(async () => 1), maxFunctions: 62 },
  { what: 'shared breaker', call: () => breaker.execute(async () => 1), maxFunctions: 23 },
  { what: 'shared breaker, reported failure', call: failing, maxFunctions: 79, mayHaveNoName: true },
];

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

async function functionsEnteredBy(call: () => Promise<unknown>) {
  await session.post('Profiler.takePreciseCoverage');
  await call();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
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
}

for (const { what, call, maxFunctions, mayHaveNoName } of paths) {
  const isFailing = call === failing;
  for (let n = 0; n < WARM_UP; n++) await (isFailing ? breaker.execute(async () => 1) : call());
  if (isFailing) chance = 0;
  const entered = await functionsEnteredBy(call);
  const nameless = entered.filter(({ name }) => name === '');
  if (!values.check) console.table(entered);
  console.log(
    `${what}: ${entered.length} functions entered, ${nameless.length} without a name; at most ${maxFunctions}`,
  );
  if (entered.length === 0) throw new Error('no function was seen: the measurement sees nothing');
  const isNamed = mayHaveNoName || nameless.length === 0;
  if (values.check && (entered.length > maxFunctions || !isNamed)) process.exitCode = 1;
}
session.disconnect();

import { expect, test } from 'vitest';
import type { Example } from './collect.ts';
import { expectGood } from './expectations.ts';
import type { Situation } from './run.ts';
import { startForExamples } from './start.ts';

const services = await startForExamples();

let line = 0;
const exampleOf = (code: string): Example => ({ from: 'runner.md', line: ++line, code });
const run = (code: string, situation: Situation = 'all answer') =>
  expectGood(exampleOf(code), situation, services);

const RATES = 'https://rates.example/eur';

test.each([
  ['throws', "throw new Error('broken');", 'broken'],
  ['imports a name that its entry does not have', "import { resilience } from 'fibrin';", 'resilience'],
  ['imports from an entry that does not exist', "import { resilient } from 'fibrin/calls';", 'fibrin/calls'],
  ['uses a name that nothing exports', 'resilience({});', 'resilience'],
  [
    'calls another machine',
    "await fetch('http'.concat('://rates.invalid')).catch(() => 0);",
    'rates.invalid',
  ],
  ['leaves a rejection unhandled', "void Promise.reject(new Error('lost'));", 'leaves a rejection unhandled'],
  ['takes longer than ten seconds', 'await new Promise((done) => setTimeout(done, 10_001));', 'takes longer'],
  ['waits for what never comes', 'await new Promise(() => {});', 'sets no limit'],
  ['names a service and does not call it', `const url = '${RATES}';`, 'calls no service'],
  [
    'exports a function with unknown arguments',
    'export const refund = (id: string) => id;',
    'exports refund',
  ],
  [
    'imports from a package that is not there',
    "import { a } from 'no-such-package';\na();",
    'no-such-package',
  ],
  ['answers 500', 'export const handler = async () => ({ statusCode: 500 });', 'statusCode'],
])('the runner fails an example that %s', async (_what, code, message) => {
  await expect(run(code)).rejects.toThrow(message);
});

test.each([
  ['services refuse', 'takes the refusal for an answer', `const a = await fetch('${RATES}');`, 'refusal'],
  [
    'services refuse',
    'hands the refusal on',
    `export const handler = async () => ({ statusCode: 200, body: await (await fetch('${RATES}')).text() });`,
    'refusal',
  ],
  ['services refuse', 'ignores the answer', `await fetch('${RATES}');`, 'does not notice'],
  [
    'services refuse',
    'throws an error that does not say why',
    `if (!(await fetch('${RATES}')).ok) throw new Error('no');`,
    'without a status',
  ],
  ['services hang', 'sets no time limit', `const a = await fetch('${RATES}');`, 'sets no limit'],
  [
    'services hang',
    'takes longer than the time that it names',
    `const options = { totalTimeoutMs: 100 };
     await fetch('${RATES}', { signal: AbortSignal.timeout(200) });`,
    'takes longer than 100 ms',
  ],
  ['the store hangs', 'sets no time limit', "await dynamoStore().get('a');", 'sets no limit'],
] as const)('while %s, the runner fails an example that %s', async (situation, _what, code, message) => {
  await expect(run(code, situation)).rejects.toThrow(message);
});

const RATE_OR_ONE = `const rates = resilient<number>({ name: 'rates', fallback: 1 });
const rate = await rates.execute(async ({ signal }) => Number(await (await fetch('${RATES}', { signal })).text()));`;

test.each([
  ['all answer', 'calls a service', RATE_OR_ONE],
  [
    'all answer',
    'imports from an entry of a pattern',
    "import { deadline } from 'fibrin/middleware/deadline';",
  ],
  ['services hang', 'answers degraded', RATE_OR_ONE],
  [
    'services refuse',
    'has a policy that the runner calls',
    "export const rates = resilient({ name: 'rates' });",
  ],
  [
    'all answer',
    'takes the messages of a queue',
    `export const handler = sqsBatch(async (record: QueueRecord) => JSON.parse(record.body).detail.id.trim());`,
  ],
] as const)('while %s, the runner accepts an example that %s', async (situation, _what, code) => {
  await expect(run(code, situation)).resolves.toBeUndefined();
});

test('an example that sends a request after its end does not hold up the next one', async () => {
  const late = `await fetch('${RATES}').catch(() => fetch('${RATES}'));`;
  await expect(run(late, 'services hang')).rejects.toThrow('sets no limit');

  await expect(run(RATE_OR_ONE)).resolves.toBeUndefined();
});

import { isFibrinError } from '../../lib/core/errors.ts';
import { callsServices } from './call.ts';
import type { Example } from './collect.ts';
import { type Ended, runExample, type Situation } from './run.ts';
import { REFUSAL, type Services } from './services.ts';

/** Values as text, to compare them. An error is its name: its message may be that of the service. */
function textOf(value: unknown): string {
  if (value instanceof Response) return `a response with status ${value.status}`;
  return String(JSON.stringify(value, (_key, part: unknown) => (part instanceof Error ? part.name : part)));
}

const statusOf = (value: unknown): number =>
  Number((value as { statusCode?: unknown } | null)?.statusCode ?? 0);

const isFailure = (value: unknown): boolean =>
  statusOf(value) >= 500 ||
  ((value as { batchItemFailures?: readonly unknown[] } | null)?.batchItemFailures?.length ?? 0) > 0;

/** Whether an error says what happened: with a code or a status, or that the time was over. */
const saysWhat = (error: unknown): boolean =>
  isFibrinError(error) ||
  (error instanceof Error &&
    (error.name === 'TimeoutError' || ('status' in error && Number(error.status) > 0)));

const isRefusal = (value: unknown): boolean =>
  value instanceof Response ? !value.ok : textOf(value).includes(REFUSAL);

const checkSaysWhat = ({ thrown }: Ended): void => {
  if (thrown && !saysWhat(thrown.error))
    throw new Error('throws an error without a status', { cause: thrown.error });
};

/** An example works: it throws nothing, and calls the services that its text names. */
async function expectWorks(example: Example, services: Services): Promise<Ended> {
  const ended = await runExample(example, 'all answer', services);
  if (ended.thrown) throw ended.thrown.error;
  const failed = Object.entries(ended.values).find(([, value]) => isFailure(value));
  if (failed) throw new Error(`fails while all answer: ${failed[0]} is ${textOf(failed[1])}`);
  if (callsServices(example) && ended.requests === 0) throw new Error('calls no service');
  if (!callsServices(example) && ended.requests > 0) throw new Error('calls a service that its text hides');
  return ended;
}

/**
 * An example notices that its services fail: it throws an error that says what happened, answers with one, or gives
 * something else than while they answer.
 */
async function expectNotices(example: Example, situation: Situation, services: Services): Promise<void> {
  const live = await expectWorks(example, services);
  const ended = await runExample(example, situation, services);
  checkSaysWhat(ended);
  const given = Object.entries(ended.values);
  if (ended.thrown || given.some(([, value]) => isFailure(value))) return;
  const refusal = given.find(([, value]) => isRefusal(value));
  if (refusal) throw new Error(`takes a refusal for an answer: ${refusal[0]} is ${textOf(refusal[1])}`);
  if (textOf(ended.values) === textOf(live.values)) throw new Error('does not notice that its services fail');
}

/** The situations that an example can come into. */
export const situationsOf = (example: Example): readonly Situation[] => [
  'all answer',
  ...(callsServices(example) ? (['services refuse', 'services hang'] as const) : []),
  ...(/\bdynamoStore\(/.test(example.code) ? (['the store refuses', 'the store hangs'] as const) : []),
];

/** Runs an example in a situation. @throws where that shows a fault of the example. */
export async function expectGood(example: Example, situation: Situation, services: Services): Promise<void> {
  if (situation === 'all answer') await expectWorks(example, services);
  else if (situation.startsWith('services ')) await expectNotices(example, situation, services);
  // Whatever comes of it while the store fails, it ends in time and says what happened.
  else checkSaysWhat(await runExample(example, situation, services));
}

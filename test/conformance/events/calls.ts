import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Deployment } from '../case.ts';
import type { Answered, AwsInput, LambdaInput } from '../driver/aws.ts';
import type { Recorded } from '../driver/records.ts';
import type { Plan } from '../handlers/plan.ts';
import type { Seen } from '../handlers/probe.ts';

export type Json = Readonly<Record<string, unknown>>;
export type { Answered } from '../driver/aws.ts';

/** An id under which nobody else writes anything down. */
export const newId = (): string => randomUUID();

/** An object in which functions under test find their plan. */
export const probe = (id: string, plan: Omit<Plan, 'id'> = {}): { readonly probe: Plan } => ({
  probe: { id, ...plan },
});
export const probeText = (id: string, plan: Omit<Plan, 'id'> = {}): string => JSON.stringify(probe(id, plan));

const environments = new WeakMap<Deployment, Promise<Readonly<Record<string, string>>>>();

/** A name or an address of the app: what its driver has in the environment. */
export async function nameOf(deployed: Deployment, variable: string): Promise<string> {
  const known =
    environments.get(deployed) ??
    (deployed.command('environment') as Promise<Readonly<Record<string, string>>>);
  environments.set(deployed, known);
  const value = (await known)[variable];
  assert.ok(value !== undefined, `the driver knows no ${variable}`);
  return value;
}

export async function arnOf(deployed: Deployment, service: string, resource: string): Promise<string> {
  const region = await nameOf(deployed, 'AWS_REGION');
  return `arn:aws:${service}:${region}:${await nameOf(deployed, 'ACCOUNT')}:${resource}`;
}

export const functionArn = async (deployed: Deployment, id: string): Promise<string> =>
  arnOf(deployed, 'lambda', `function:${await nameOf(deployed, `NAME_${id}`)}`);

export const aws = async (
  deployed: Deployment,
  service: AwsInput['service'],
  operation: string,
  input: object,
): Promise<Answered> => (await deployed.command('aws', { service, operation, input })) as Answered;

/** The body of an answer that is no error. */
export function bodyOf(answer: Answered): Json {
  assert.ok(answer.status < 300, `${answer.status} ${answer.error}: ${JSON.stringify(answer.body)}`);
  return answer.body as Json;
}

/** Calls SQS with a queue of the app; `queue` is its logical id. */
export const sqs = async (
  deployed: Deployment,
  operation: string,
  queue: string,
  input: object = {},
): Promise<Answered> =>
  aws(deployed, 'sqs', operation, { QueueUrl: await nameOf(deployed, `URL_${queue}`), ...input });

export const send = async (
  deployed: Deployment,
  queue: string,
  MessageBody: string,
  more: object = {},
): Promise<Json> => bodyOf(await sqs(deployed, 'SendMessage', queue, { MessageBody, ...more }));

export interface InvokeOptions extends Partial<Omit<LambdaInput, 'body' | 'headers'>> {
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

/** Invokes a function of the app; `id` is its logical id. */
export async function invoke(
  deployed: Deployment,
  id: string,
  payload: unknown,
  { type, headers = {}, text, ...more }: InvokeOptions = {},
): Promise<Answered> {
  const input: LambdaInput = {
    functionName: await nameOf(deployed, `NAME_${id}`),
    headers: { ...(type !== undefined && { 'x-amz-invocation-type': type }), ...headers },
    body: text ?? JSON.stringify(payload),
    ...more,
  };
  return (await deployed.command('lambda', input)) as Answered;
}

export type SeenRecord = Recorded<Seen>;

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** What starts, sends and writes takes so long at most, however fast the platform is. */
const SLACK_MS = 20_000;
const POLL_MS = 200;

/** Waits in the platform's time. */
export const pause = (deployed: Deployment, platformSeconds: number): Promise<void> =>
  wait((platformSeconds * 1_000) / deployed.timeScale);

export const seenNow = async (deployed: Deployment, id: string): Promise<readonly SeenRecord[]> =>
  (await deployed.command('recorded', { id })) as readonly SeenRecord[];

export interface SeenOptions {
  /** How many to wait for. Default 1. */
  readonly count?: number;
  /** What the platform may take. Seconds, default 0. */
  readonly platformSeconds?: number;
  /** Only what this function wrote. */
  readonly fn?: string;
  readonly where?: (seen: Seen) => boolean;
}

/** What functions wrote down under an id, as soon as there is enough of it. */
export async function seen(
  deployed: Deployment,
  id: string,
  { count = 1, platformSeconds = 0, fn, where = () => true }: SeenOptions = {},
): Promise<readonly SeenRecord[]> {
  const endsAt = performance.now() + SLACK_MS + (platformSeconds * 1_000) / deployed.timeScale;
  for (;;) {
    const all = await seenNow(deployed, id);
    const found = all.filter(({ value }) => (fn === undefined || value.fn === fn) && where(value));
    if (found.length >= count) return found;
    if (performance.now() > endsAt) {
      const others = all.map(({ value }) => value.fn).join(', ') || 'nobody';
      assert.fail(`${found.length} of ${count} came to ${fn ?? 'a function'} in time; ${others} was called`);
    }
    await wait(POLL_MS);
  }
}

/** What the first function that was called under an id wrote down. */
export async function firstSeen(deployed: Deployment, id: string, options: SeenOptions = {}): Promise<Seen> {
  const [first] = await seen(deployed, id, options);
  assert.ok(first);
  return first.value;
}

/** The one record of an id, which has come and stays the only one for a while. */
export async function seenOnce(
  deployed: Deployment,
  id: string,
  options: SeenOptions & { readonly quietSeconds?: number } = {},
): Promise<SeenRecord> {
  const { quietSeconds = 0, fn, where = () => true } = options;
  await seen(deployed, id, options);
  await pause(deployed, quietSeconds);
  const all = (await seenNow(deployed, id)).filter(
    ({ value }) => (fn === undefined || value.fn === fn) && where(value),
  );
  assert.equal(all.length, 1, `it came ${all.length} times`);
  return all[0] as SeenRecord;
}

/** Asks again until the answer passes. */
export async function until<T>(
  deployed: Deployment,
  platformSeconds: number,
  ask: () => Promise<T>,
  isIt: (answer: T) => boolean,
): Promise<T> {
  const endsAt = performance.now() + SLACK_MS + (platformSeconds * 1_000) / deployed.timeScale;
  for (;;) {
    const answer = await ask();
    if (isIt(answer)) return answer;
    if (performance.now() > endsAt) assert.fail(`not in time; the last answer was ${JSON.stringify(answer)}`);
    await wait(POLL_MS);
  }
}

import { record, recordCommands } from '../driver/records.ts';
import { type Plan, plansIn } from './plan.ts';

interface Context {
  readonly awsRequestId: string;
  readonly invokedFunctionArn: string;
  readonly functionVersion: string;
  readonly clientContext?: unknown;
}

/** What a function under test wrote down. */
export interface Seen {
  /** Its logical id. */
  readonly fn: string;
  readonly event: unknown;
  readonly requestId: string;
  readonly arn: string;
  readonly version: string;
  readonly clientContext?: unknown;
  readonly numbers: readonly number[];
}

interface BatchRecord {
  readonly messageId?: string;
  readonly attributes?: { readonly ApproximateReceiveCount: string };
  readonly dynamodb?: { readonly SequenceNumber: string };
}

const FN = process.env['FN'] ?? '';
/** An item holds 400 KB. */
const MAX_RECORD = 100_000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const recordsOf = (event: unknown): readonly BatchRecord[] =>
  (event as { readonly Records?: readonly BatchRecord[] } | null)?.Records ?? [];

async function writeDown(event: unknown, plans: readonly Plan[], context: Context): Promise<void> {
  const { length } = JSON.stringify(event);
  const seen: Seen = {
    ...{ fn: FN, requestId: context.awsRequestId, arn: context.invokedFunctionArn },
    ...{ version: context.functionVersion, clientContext: context.clientContext },
    event: length > MAX_RECORD ? { length } : event,
    numbers: plans.flatMap(({ n }) => n ?? []),
  };
  const ids = new Set(plans.map(({ id }) => id));
  // What has no plan in it is written down under the name of the function at the end of its way.
  if (ids.size === 0 && process.env['SINK']) ids.add(FN);
  for (const id of ids) await record(id, seen);
}

/** Whether this attempt is one of those that fail. A queue counts the attempts; for others the records do. */
async function isDue({ id, n, fail = 0 }: Plan, source?: BatchRecord): Promise<boolean> {
  if (fail === true || fail === 0) return fail === true;
  const received = source?.attributes?.ApproximateReceiveCount;
  if (received !== undefined) return Number(received) <= fail;
  const seen = (await recordCommands.recorded({ id })).map(({ value }) => value as Seen);
  const own = seen.filter(({ fn, numbers }) => fn === FN && (n === undefined || numbers.includes(n)));
  return own.length <= fail;
}

/** What of a batch fails, as `ReportBatchItemFailures` wants it. */
async function report(event: unknown): Promise<object> {
  const batchItemFailures: object[] = [];
  for (const source of recordsOf(event)) {
    const due = await Promise.all(plansIn(source).map((plan) => isDue(plan, source)));
    const itemIdentifier = source.messageId ?? source.dynamodb?.SequenceNumber;
    if (due.includes(true)) batchItemFailures.push({ itemIdentifier });
  }
  return { batchItemFailures };
}

/**
 * Writes down what it was called with, and does what the plans in it say. With `SINK` it only writes down; with `REPORT` it
 * reports what of a batch fails instead of failing.
 */
export async function handler(event: unknown, context: Context): Promise<unknown> {
  const plans = plansIn(event);
  await writeDown(event, plans, context);
  if (process.env['SINK']) return undefined;
  for (const { log, sleepMs, exit } of plans) {
    if (log !== undefined) console.log(log);
    if (sleepMs !== undefined) await sleep(sleepMs);
    if (exit) process.exit(1);
  }
  const answering = plans.find(({ answer }) => answer !== undefined);
  if (process.env['REPORT'] && answering === undefined) return report(event);
  const [first] = recordsOf(event);
  for (const plan of plans) {
    if (!(await isDue(plan, first))) continue;
    const { name = 'Planned', message = `failed as planned: ${plan.id}` } = plan.error ?? {};
    throw Object.assign(new Error(message), { name });
  }
  const length = plans.find(({ answerLength }) => answerLength)?.answerLength;
  if (length !== undefined) return 'x'.repeat(length);
  return answering === undefined ? { done: true } : answering.answer;
}

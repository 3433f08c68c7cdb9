import { callInTens } from './client.ts';
import type { DeadLetterSources } from './dead-letter-sources.ts';
import { type FauxqsApp, refuseStrangersOf } from './engine.ts';
import { withGroupInId } from './group-scope.ts';
import type { QueueModel } from './model.ts';
import { handlesOf, inPlatformSeconds } from './platform-seconds.ts';
import { asReceived } from './received.ts';
import { sortOut } from './refused-entries.ts';

/** The one account that fauxqs knows; it is part of the ARNs by which it finds dead-letter queues. */
export const FAUXQS_ACCOUNT = '000000000000';

export interface HookOptions {
  /** The account of the queues, as functions know it. */
  readonly account: string;
  readonly scale: number;
  readonly queues: ReadonlyMap<string, QueueModel>;
  /** Known once it listens. */
  readonly endpoint: () => string;
  /** Where a queue is, under an address that resolves. */
  readonly urlOf: (queueName: string) => string;
  readonly deadLetterSources: DeadLetterSources;
  /** Receipt handles whose visibility timeout was set anew. */
  readonly changed: Set<string>;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;
type Payload = Readonly<Record<string, unknown>>;

const operationOf = (headers: Headers): string => String(headers['x-amz-target']).replace('AmazonSQS.', '');
/** The ARNs in a queue's attributes with another account in them. */
function withAccount(payload: Payload, from: string, to: string): Payload {
  const { Attributes } = payload;
  if (typeof Attributes !== 'object' || Attributes === null) return payload;
  const attributes = Object.entries(Attributes).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replaceAll(`:${from}:`, `:${to}:`) : value,
  ]);
  return { ...payload, Attributes: Object.fromEntries(attributes) };
}

/** Entries that failed before the engine saw their request. */
const failedBefore = new WeakMap<object, readonly object[]>();

const withFailed = (payload: Payload, failed: readonly object[]): Payload => {
  const others = (payload['Failed'] ?? []) as readonly object[];
  return { ...payload, Failed: [...failed, ...others] };
};

const nameOf = (queueUrl: unknown): string => String(queueUrl).split('/').at(-1) ?? '';

/** What fauxqs does otherwise than the local run needs it, by the hooks that its server offers to everybody. */
export function addHooks(app: FauxqsApp, options: HookOptions): void {
  const { account, scale, queues, endpoint, urlOf, changed, deadLetterSources } = options;
  refuseStrangersOf(app);

  app.addHook('preHandler', async (request, reply) => {
    const operation = operationOf(request.headers);
    const given = request.body as Payload | null | undefined;
    if (typeof given !== 'object' || given === null) return;
    request.body = withAccount(given, account, FAUXQS_ACCOUNT);
    if (!('QueueUrl' in given)) return;
    const { input, refusal, failed } = sortOut(operation, given);
    if (refusal)
      return reply.code(400).send({ __type: `com.amazonaws.sqs#${refusal.code}`, message: refusal.message });
    if (failed.length > 0) failedBefore.set(request, failed);
    if (failed.length > 0 && (input['Entries'] as readonly unknown[]).length === 0)
      return reply.send({ Successful: [] });
    if (operation.startsWith('ChangeMessageVisibility'))
      for (const handle of handlesOf(input)) changed.add(handle);
    if (operation.startsWith('DeleteMessage')) for (const handle of handlesOf(input)) changed.delete(handle);
    const queue = queues.get(nameOf(input['QueueUrl']));
    request.body = inPlatformSeconds(
      operation,
      withGroupInId(withAccount(input, account, FAUXQS_ACCOUNT), queue),
      scale,
      queue === undefined || queue.fifo ? undefined : queue.delaySeconds,
    );
  });

  app.addHook('preSerialization', async (request, _reply, payload) => {
    if (typeof payload !== 'object' || payload === null) return payload;
    const { QueueUrl, QueueUrls, Messages } = payload as Payload;
    // fauxqs gives `sqs.{region}.localhost`, which not every resolver knows.
    if (typeof QueueUrl === 'string') return { ...payload, QueueUrl: urlOf(nameOf(QueueUrl)) };
    if (Array.isArray(QueueUrls))
      return { ...payload, QueueUrls: QueueUrls.map((url) => urlOf(nameOf(url))) };
    // Who went away in the middle of a long poll gets nothing: what it would have got is for the others, at once.
    if (Array.isArray(Messages) && request.raw.socket.destroyed) {
      const handles = (Messages as readonly { ReceiptHandle: string }[]).map(
        (message) => message.ReceiptHandle,
      );
      await callInTens(
        endpoint(),
        'ChangeMessageVisibilityBatch',
        String((request.body as Payload)['QueueUrl']),
        handles.map((ReceiptHandle) => ({ ReceiptHandle, VisibilityTimeout: 0 })),
      );
      for (const handle of handles) changed.delete(handle);
    }
    const failed = failedBefore.get(request);
    if (failed) return withFailed(payload as Payload, failed);
    if (!Array.isArray(Messages)) return withAccount(payload as Payload, FAUXQS_ACCOUNT, account);
    const input = request.body as Payload;
    const sourceOf = (id: string) =>
      deadLetterSources.get(id)?.replace(`:${FAUXQS_ACCOUNT}:`, `:${account}:`);
    const received = (Messages as readonly Payload[]).map((message) =>
      asReceived(message, { input, sourceOf }),
    );
    return { ...payload, Messages: received };
  });
}

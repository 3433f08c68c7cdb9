import { callInTens } from './client.ts';
import { type FauxqsApp, refuseStrangersOf } from './engine.ts';
import type { QueueModel } from './model.ts';
import { handlesOf, inPlatformSeconds } from './platform-seconds.ts';

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
  /** Receipt handles whose visibility timeout a function has set anew. */
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

const nameOf = (queueUrl: unknown): string => String(queueUrl).split('/').at(-1) ?? '';

/** What fauxqs does otherwise than the local run needs it, by the hooks that its server offers to everybody. */
export function addHooks(app: FauxqsApp, options: HookOptions): void {
  const { account, scale, queues, endpoint, urlOf, changed } = options;
  refuseStrangersOf(app);

  app.addHook('preHandler', async (request) => {
    const operation = operationOf(request.headers);
    const input = request.body as Payload | null | undefined;
    if (typeof input !== 'object' || input === null) return;
    request.body = withAccount(input, account, FAUXQS_ACCOUNT);
    if (!('QueueUrl' in input)) return;
    if (operation.startsWith('ChangeMessageVisibility'))
      for (const handle of handlesOf(input)) changed.add(handle);
    if (operation.startsWith('DeleteMessage')) for (const handle of handlesOf(input)) changed.delete(handle);
    const queue = queues.get(nameOf(input['QueueUrl']));
    request.body = inPlatformSeconds(
      operation,
      request.body as Payload,
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
    return withAccount(payload as Payload, FAUXQS_ACCOUNT, account);
  });
}

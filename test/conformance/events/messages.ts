import assert from 'node:assert/strict';
import type { Deployment } from '../case.ts';
import type { Seen } from '../handlers/probe.ts';
import { bodyOf, type Json, pause, sqs } from './calls.ts';

/** A message as a function gets it. */
export interface MessageRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, Json>>;
  readonly md5OfBody: string;
  readonly md5OfMessageAttributes?: string;
  readonly eventSource: string;
  readonly eventSourceARN: string;
  readonly awsRegion: string;
}

export const recordsIn = ({ event }: Seen): readonly MessageRecord[] =>
  (event as { readonly Records: readonly MessageRecord[] }).Records;

export function onlyRecord(seen: Seen): MessageRecord {
  const [record, ...others] = recordsIn(seen);
  assert.ok(record);
  assert.equal(others.length, 0);
  return record;
}

/** A message as `ReceiveMessage` gives it. */
export interface Received {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly MD5OfMessageAttributes?: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, Json>>;
}

export const receive = async (
  deployed: Deployment,
  queue: string,
  input: object = {},
): Promise<readonly Received[]> => {
  const body = bodyOf(await sqs(deployed, 'ReceiveMessage', queue, input));
  return (body['Messages'] as readonly Received[] | undefined) ?? [];
};

/** Receives until there are so many messages, or for some seconds. A queue may give fewer than it has. */
export async function receiveAll(
  deployed: Deployment,
  queue: string,
  count: number,
  input: object = {},
): Promise<readonly Received[]> {
  const all: Received[] = [];
  for (let attempt = 0; attempt < 8 && all.length < count; attempt++) {
    all.push(...(await receive(deployed, queue, { MaxNumberOfMessages: 10, WaitTimeSeconds: 1, ...input })));
  }
  assert.equal(all.length, count);
  return all;
}

export const attributesOf = async (deployed: Deployment, queue: string): Promise<Json> =>
  bodyOf(await sqs(deployed, 'GetQueueAttributes', queue, { AttributeNames: ['All'] }))['Attributes'] as Json;

/** Whether nothing is in a queue, nor with somebody who received it. */
export async function isEmpty(deployed: Deployment, queue: string): Promise<boolean> {
  await pause(deployed, 2);
  const attributes = await attributesOf(deployed, queue);
  return ['', 'NotVisible', 'Delayed'].every(
    (kind) => Number(attributes[`ApproximateNumberOfMessages${kind}`]) === 0,
  );
}

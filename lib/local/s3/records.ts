import type { EventEnvelope } from '../events/entries.ts';
import type { BucketModel, NotificationModel, ObjectChange } from './model.ts';

/** What the events of one change have in common. */
export interface ChangeContext {
  readonly region: string;
  readonly account: string;
  /** ISO 8601 with milliseconds. */
  readonly time: string;
  readonly requestId: string;
  /** Of changes of one key the later one is the greater text. */
  readonly sequencer: string;
}

const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;

/** A blank is a plus, as in a form; the slashes of a key stay. */
const encodedKey = (key: string): string =>
  encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html */
export const wants = ({ events, prefix, suffix }: NotificationModel, { name, key }: ObjectChange): boolean =>
  events.some((event) => {
    const wanted = event.replace(/^s3:/, '');
    return wanted === name || (wanted.endsWith(':*') && name.startsWith(wanted.slice(0, -1)));
  }) &&
  key.startsWith(prefix) &&
  key.endsWith(suffix);

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
export function recordOf(change: ObjectChange, configurationId: string, context: ChangeContext): object {
  const { bucket, key, name, size, eTag } = change;
  const principalId = 'local';
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: context.region,
    eventTime: context.time,
    eventName: name,
    userIdentity: { principalId },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': context.requestId, 'x-amz-id-2': context.requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: { name: bucket, ownerIdentity: { principalId }, arn: bucketArn(bucket) },
      object: {
        key: encodedKey(key),
        ...(size !== undefined && { size }),
        ...(eTag !== undefined && { eTag }),
        sequencer: context.sequencer,
      },
    },
  };
}

const REASONS: Readonly<Record<ObjectChange['name'], string>> = {
  'ObjectCreated:Put': 'PutObject',
  'ObjectCreated:Copy': 'CopyObject',
  'ObjectCreated:Post': 'POST Object',
  'ObjectCreated:CompleteMultipartUpload': 'CompleteMultipartUpload',
  'ObjectRemoved:Delete': 'DeleteObject',
};

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
export function eventOf(
  { bucket, key, name, size, eTag }: ObjectChange,
  { name: bucketName }: BucketModel,
  context: ChangeContext,
  id: string,
): EventEnvelope {
  const isGone = name === 'ObjectRemoved:Delete';
  return {
    version: '0',
    id,
    'detail-type': isGone ? 'Object Deleted' : 'Object Created',
    source: 'aws.s3',
    account: context.account,
    time: context.time.replace(/\.\d+Z$/, 'Z'),
    region: context.region,
    resources: [bucketArn(bucketName)],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: {
        key,
        ...(size !== undefined && { size }),
        ...(eTag !== undefined && { etag: eTag }),
        sequencer: context.sequencer,
      },
      'request-id': context.requestId,
      requester: context.account,
      'source-ip-address': '127.0.0.1',
      reason: REASONS[name],
      ...(isGone && { 'deletion-type': 'Permanently Deleted' }),
    },
  };
}

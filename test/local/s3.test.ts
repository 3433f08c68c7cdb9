import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import type { EventEnvelope } from '../../lib/local/events/entries.ts';
import type { Message } from '../../lib/local/handover.ts';
import { startS3Api } from '../../lib/local/s3/api.ts';
import { createBuckets } from '../../lib/local/s3/buckets.ts';
import type { NotificationModel } from '../../lib/local/s3/model.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { atEndOfTest } from '../support/ends.ts';
import { eventually } from '../support/eventually.ts';
import { ACCOUNT, arn, REGION } from '../support/queues.ts';
import { sdkClient } from '../support/sdk.ts';

const FN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:fn`;
const Bucket = 'photos';

const notification = (more: Partial<NotificationModel> = {}): NotificationModel => ({
  ...{ id: 'N', events: ['s3:ObjectCreated:*'], targetArn: FN, prefix: '', suffix: '' },
  ...more,
});

/** S3 with one bucket, whose events are noted. */
async function start(notifications: readonly NotificationModel[], eventBridge = false) {
  const sent: { readonly arn: string; readonly message: Message }[] = [];
  const emitted: EventEnvelope[] = [];
  const buckets = [{ logicalId: 'Photos', name: Bucket, notifications, eventBridge }];
  const live = createBuckets({
    ...{ buckets, clock: systemClock, random: seededRandom(1), region: REGION, account: ACCOUNT },
    emit: (event) => void emitted.push(event),
    async dispatch(to, message) {
      if (to.endsWith(':gone'))
        return { kind: 'refused', code: 'NO_RESOURCE', message: 'none', retryable: false };
      sent.push({ arn: to, message });
      return { kind: 'accepted' };
    },
  });
  const api = await startS3Api({ buckets, changed: live.changed, region: REGION });
  atEndOfTest(() => api.stop());
  const records = () => sent.map(({ message }) => JSON.parse(message.body).Records[0]);
  return {
    ...{ api, live, sent, emitted, records, s3: sdkClient('s3', api.endpoint, REGION) },
    events: () => records().map(({ eventName, s3 }) => `${eventName} ${s3.object.key}`),
  };
}

const all = notification({ events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] });

describe('a bucket', () => {
  it('keeps objects, and tells a function of each in the form of S3', async () => {
    const { s3, records } = await start([notification()]);
    const Key = 'in/a b+ü.txt';
    await s3('PutObject', { Bucket, Key, Body: 'hello' });
    await eventually(records).toEqual([
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: REGION,
        eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        eventName: 'ObjectCreated:Put',
        userIdentity: { principalId: expect.any(String) },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: { 'x-amz-request-id': expect.any(String), 'x-amz-id-2': expect.any(String) },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'N',
          bucket: {
            name: Bucket,
            ownerIdentity: { principalId: expect.any(String) },
            arn: 'arn:aws:s3:::photos',
          },
          object: {
            key: 'in/a+b%2B%C3%BC.txt',
            size: 5,
            eTag: '5d41402abc4b2a76b9719d911017c592',
            sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
          },
        },
      },
    ]);
    const { Body } = (await s3('GetObject', { Bucket, Key })) as {
      Body: { transformToString(): Promise<string> };
    };
    expect(await Body.transformToString()).toBe('hello');
  });

  it('tells by which operation an object came and went', async () => {
    const { s3, events } = await start([all]);
    await s3('PutObject', { Bucket, Key: 'a', Body: 'x' });
    await s3('CopyObject', { Bucket, Key: 'b', CopySource: `${Bucket}/a` });
    const { UploadId } = await s3('CreateMultipartUpload', { Bucket, Key: 'c' });
    const upload = { Bucket, Key: 'c', UploadId };
    const { ETag } = await s3('UploadPart', { ...upload, PartNumber: 1, Body: 'part' });
    await s3('CompleteMultipartUpload', { ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } });
    await s3('DeleteObject', { Bucket, Key: 'a' });
    await s3('DeleteObjects', { Bucket, Delete: { Objects: [{ Key: 'b' }, { Key: 'c' }] } });
    await s3('ListObjectsV2', { Bucket });
    await eventually(events).toEqual([
      'ObjectCreated:Put a',
      'ObjectCreated:Copy b',
      'ObjectCreated:CompleteMultipartUpload c',
      'ObjectRemoved:Delete a',
      'ObjectRemoved:Delete b',
      'ObjectRemoved:Delete c',
    ]);
  });

  it('tells each target only of the events, prefixes and suffixes that it wants', async () => {
    const { s3, sent } = await start([
      notification({ targetArn: arn('put'), events: ['s3:ObjectCreated:Put'] }),
      notification({ targetArn: arn('removed'), events: ['s3:ObjectRemoved:*'] }),
      notification({ targetArn: arn('jpg'), prefix: 'in/', suffix: '.jpg' }),
    ]);
    await s3('PutObject', { Bucket, Key: 'in/a.jpg', Body: 'x' });
    await s3('PutObject', { Bucket, Key: 'out/a.jpg', Body: 'x' });
    await s3('CopyObject', { Bucket, Key: 'in/b.png', CopySource: `${Bucket}/in/a.jpg` });
    await s3('DeleteObject', { Bucket, Key: 'in/a.jpg' });
    await eventually(() => sent.map((each) => each.arn.split(':').at(-1))).toEqual([
      'put',
      'jpg',
      'put',
      'removed',
    ]);
  });

  it('puts events on the default bus where the template says so, with the key as it is', async () => {
    const { s3, emitted, sent } = await start([], true);
    await s3('PutObject', { Bucket, Key: 'a b', Body: 'hello' });
    await s3('DeleteObject', { Bucket, Key: 'a b' });
    const common = { source: 'aws.s3', region: REGION, account: ACCOUNT, resources: ['arn:aws:s3:::photos'] };
    const eTag = { etag: '5d41402abc4b2a76b9719d911017c592', size: 5 };
    await eventually(() => emitted).toMatchObject([
      {
        ...{ ...common, 'detail-type': 'Object Created' },
        detail: { bucket: { name: Bucket }, object: { key: 'a b', ...eTag }, reason: 'PutObject' },
      },
      {
        ...{ ...common, 'detail-type': 'Object Deleted' },
        detail: { object: { key: 'a b' }, 'deletion-type': 'Permanently Deleted' },
      },
    ]);
    expect(sent).toEqual([]);
  });

  it('says nothing of what fails, and notes what a target refuses', async () => {
    const { s3, live, sent } = await start([notification({ targetArn: arn('gone') })]);
    await expect(s3('PutObject', { Bucket: 'other', Key: 'a', Body: 'x' })).rejects.toThrow();
    await s3('PutObject', { Bucket, Key: 'a', Body: 'x' });
    await eventually(live.state).toEqual({
      buckets: [{ name: Bucket, events: 1, refused: 1, lastError: `${arn('gone')}: NO_RESOURCE: none` }],
    });
    expect(sent).toEqual([]);
  });

  it('answers no page of another site, which could not write an object either', async () => {
    const { api, events } = await start([all]);
    const headers = { origin: 'http://evil.example' };
    expect((await fetch(`${api.endpoint}/${Bucket}/a`, { method: 'PUT', headers, body: 'x' })).status).toBe(
      403,
    );
    expect(events()).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import type { EventEnvelope } from '../../lib/local/events/entries.ts';
import type { Message } from '../../lib/local/handover.ts';
import { startS3Api } from '../../lib/local/s3/api.ts';
import { createBuckets } from '../../lib/local/s3/buckets.ts';
import type { CorsRule, NotificationModel } from '../../lib/local/s3/model.ts';
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
async function start(
  notifications: readonly NotificationModel[],
  eventBridge = false,
  cors: readonly CorsRule[] = [],
) {
  const sent: { readonly arn: string; readonly message: Message }[] = [];
  const emitted: EventEnvelope[] = [];
  const buckets = [{ logicalId: 'Photos', name: Bucket, notifications, eventBridge, cors }];
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

const rule = (more: Partial<CorsRule> = {}): CorsRule => ({
  ...{ allowedOrigins: ['https://*.example'], allowedMethods: ['PUT', 'GET', 'POST'] },
  ...{ allowedHeaders: ['content-*'], exposedHeaders: ['ETag'], maxAgeSeconds: 60 },
  ...more,
});
const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';
const PAGE = 'https://app.example';

describe('the CORS of a bucket', () => {
  const preflight = async (endpoint: string, headers: Readonly<Record<string, string>>) => {
    const response = await fetch(`${endpoint}/${Bucket}/a`, { method: 'OPTIONS', headers });
    const { status } = response;
    return { status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };
  const asks = (origin: string, method = 'PUT', headers?: string) => ({
    origin,
    'access-control-request-method': method,
    ...(headers && { 'access-control-request-headers': headers }),
  });

  it('answers a preflight request by the first rule that fits', async () => {
    const { api } = await start([], false, [
      rule({ allowedMethods: ['DELETE'] }),
      rule(),
      rule({ allowedOrigins: ['*'] }),
    ]);
    const { status, headers, body } = await preflight(
      api.endpoint,
      asks(PAGE, 'PUT', 'Content-Type, content-md5'),
    );
    expect([status, body]).toEqual([200, '']);
    expect(headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT, GET, POST',
      'access-control-allow-headers': 'content-type, content-md5',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '60',
      vary: VARY,
    });
    const other = await preflight(api.endpoint, asks('http://any.test'));
    expect(other.headers['access-control-allow-origin']).toBe('*');
    expect(other.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it.each([
    ['another origin', asks('https://evil.test'), 403, 'This CORS request is not allowed.'],
    ['an origin that only ends so', asks('https://.exampl'), 403, 'This CORS request is not allowed.'],
    ['another method', asks(PAGE, 'DELETE'), 403, 'This CORS request is not allowed.'],
    ['another header', asks(PAGE, 'PUT', 'content-type, x-own'), 403, 'This CORS request is not allowed.'],
    ['no origin', { 'access-control-request-method': 'PUT' }, 400, 'Origin request header needed.'],
    ['no method', { origin: PAGE }, 400, 'Invalid Access-Control-Request-Method: null'],
  ])('refuses a preflight request with %s', async (_, headers, status, message) => {
    const { api } = await start([], false, [rule()]);
    const answer = await preflight(api.endpoint, headers);
    expect(answer).toMatchObject({ status, body: expect.stringContaining(message) });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('is not there without rules, as S3 says', async () => {
    const { api } = await start([]);
    expect(await preflight(api.endpoint, asks(PAGE))).toMatchObject({
      status: 403,
      body: expect.stringContaining(
        '<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.',
      ),
    });
  });

  it('lets a page of an allowed origin put and get objects, and one of another not', async () => {
    const { api, events } = await start([all], false, [rule()]);
    const at = `${api.endpoint}/${Bucket}/in/a.json?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0&x-id=PutObject`;
    const of = (origin: string, more: RequestInit = {}) =>
      fetch(at, { ...more, headers: { origin, 'content-type': 'application/json' } });
    const put = await of(PAGE, { method: 'PUT', body: '{"a": 1}' });
    expect([put.status, put.headers.get('access-control-allow-origin')]).toEqual([200, PAGE]);
    expect(put.headers.get('access-control-expose-headers')).toBe('ETag');
    const got = await of(PAGE);
    expect([got.status, await got.text(), got.headers.get('vary')]).toEqual([200, '{"a": 1}', VARY]);
    for (const refused of [await of('https://evil.test'), await of(PAGE, { method: 'DELETE' })]) {
      expect(refused.status).toBe(403);
      expect(refused.headers.has('access-control-allow-origin')).toBe(false);
    }
    await eventually(events).toEqual(['ObjectCreated:Put in/a.json']);
  });

  it('gives an error to a page that may read it', async () => {
    const { api } = await start([], false, [rule()]);
    const missing = await fetch(`${api.endpoint}/${Bucket}/none`, { headers: { origin: PAGE } });
    expect([missing.status, missing.headers.get('access-control-allow-origin')]).toEqual([404, PAGE]);
  });
});

describe('a form of a page', () => {
  it.each([201, 204])('puts an object, of which targets learn: %i', async (status) => {
    const { api, events, records } = await start([notification()], false, [rule()]);
    const form = new FormData();
    form.set('key', 'in/${filename}');
    form.set('success_action_status', String(status));
    form.set('file', new Blob(['hello']), 'a b.txt');
    const headers = { origin: PAGE };
    const response = await fetch(`${api.endpoint}/${Bucket}`, { method: 'POST', body: form, headers });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([status, PAGE]);
    await eventually(events).toEqual(['ObjectCreated:Post in/a+b.txt']);
    expect(records()[0].s3.object.size).toBe(5);
  });
});

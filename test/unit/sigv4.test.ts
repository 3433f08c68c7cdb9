import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signer } from '../../lib/core/sigv4.ts';
import { Sha256 } from '../support/sdk-sha256.ts';

const token = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'aB9/+=-_') });
const words = fc.string({ maxLength: 30, unit: fc.constantFrom(...'ab ,;=\t'.split(''), '  ') });
const credentials = fc.record(
  { accessKeyId: token, secretAccessKey: token, sessionToken: token },
  { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
);
const request = fc.record({
  region: fc.constantFrom('eu-west-1', 'us-gov-west-1', 'cn-north-1'),
  credentials,
  body: fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
  target: fc.constantFrom('DynamoDB_20120810.GetItem', 'DynamoDB_20120810.TransactWriteItems'),
  extra: words,
  now: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
});

describe('a signature', () => {
  test("is that of the SDK's signer, whatever the request", async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ region, credentials, body, target, extra, now }) => {
        const headers = {
          host: `dynamodb.${region}.amazonaws.com`,
          'x-amz-target': target,
          'content-type': 'application/x-amz-json-1.0',
          'x-extra': extra,
        };
        const oracle = new SignatureV4({
          ...{ service: 'dynamodb', region, credentials, sha256: Sha256, applyChecksum: false },
        });
        const of = { protocol: 'https:', hostname: headers.host, path: '/' };
        const expected = await oracle.sign(
          { method: 'POST', ...of, query: {}, headers, body },
          { signingDate: now },
        );

        const sign = signer(region, 'dynamodb');
        const signable = { method: 'POST', path: '/', query: '', headers, body };

        expect(sign(signable, credentials, now.getTime())).toEqual(expected.headers);
        // With the key that it has kept.
        expect(sign(signable, credentials, now.getTime())).toEqual(expected.headers);
      }),
      { numRuns: 300 },
    );
  });

  test('follows credentials, and the day, that change', () => {
    const signable = { method: 'POST', path: '/', query: '', headers: { host: 'h' }, body: '' };
    const sign = signer('eu-west-1', 'dynamodb');
    const of = (secretAccessKey: string, now: number) =>
      sign(signable, { accessKeyId: 'a', secretAccessKey }, now)['authorization'];
    const fresh = (secretAccessKey: string, now: number) =>
      signer('eu-west-1', 'dynamodb')(signable, { accessKeyId: 'a', secretAccessKey }, now)['authorization'];

    for (const secret of ['one', 'two', 'one'])
      for (const now of [0, 86_399_999, 86_400_000, 1]) expect(of(secret, now)).toBe(fresh(secret, now));
  });

  // Of AWS's test suite for Signature Version 4.
  test.each([
    ['get-vanilla', 'GET', '', {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', '', {}, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      ...(['get-vanilla-query-order-key-case', 'GET', 'Param1=value1&Param2=value2', {}, ''] as const),
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      ...(['post-header-key-sort', 'POST', '', { 'my-header1': 'value1' }, ''] as const),
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
    [
      ...([
        'get-header-value-trim',
        'GET',
        '',
        { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' },
        '',
      ] as const),
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    [
      'post-x-www-form-urlencoded',
      'POST',
      '',
      { 'content-type': 'application/x-www-form-urlencoded' },
      'Param1=value1',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('is the published one for %s', (_, method, query, more, body, signature) => {
    const headers = { host: 'example.amazonaws.com', ...more };
    const credentials = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    };

    const signed = signer('us-east-1', 'service')(
      { method, path: '/', query, headers, body },
      credentials,
      Date.UTC(2015, 7, 30, 12, 36),
    );

    expect(signed['authorization']).toMatch(new RegExp(`Signature=${signature}$`));
  });
});

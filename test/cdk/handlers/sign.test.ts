import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import { signedHeaders } from '../../../cdk/constructs/handlers/sign.ts';
import type { SigningCredentials } from '../../../lib/core/sigv4.ts';
import { Sha256 } from '../../support/sdk-sha256.ts';

const NOW = Date.UTC(2026, 10, 30, 9, 5, 7, 250);
const region = 'eu-west-1';
const ROLE: SigningCredentials = {
  accessKeyId: 'AKIA',
  secretAccessKey: 's3cr3t/+',
  sessionToken: 'token==',
};
const USER: SigningCredentials = { accessKeyId: 'AKIA', secretAccessKey: 's3cr3t/+', sessionToken: '' };

test.each([
  [
    'a name',
    'https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/shop/invocations?Qualifier=live',
    ROLE,
  ],
  ['no session token', 'https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/shop/invocations', USER],
  [
    'an ARN in its path',
    'https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Ashop/invocations?Qualifier=%24LATEST',
    ROLE,
  ],
  ['a port and odd characters', "http://127.0.0.1:4566/a(b)'/c%20d?z=1&b=é ü&a=*", ROLE],
])('a request with %s is signed as the SDK signs it', async (_, address, credentials) => {
  const url = new URL(address);
  const request = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', 'x-amz-invocation-type': ' RequestResponse' },
    body: '{"text":"é"}',
  };
  const signer = new SignatureV4({
    service: 'lambda',
    region,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const expected = await signer.sign(
    {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...request.headers, host: url.host },
      body: request.body,
    },
    { signingDate: new Date(NOW) },
  );

  const headers = signedHeaders(request, { region, service: 'lambda', credentials, now: NOW });

  expect({ ...headers, host: url.host }).toEqual(expected.headers);
});

import assert from 'node:assert/strict';
import { DUMMY_CREDENTIALS, sendSigned } from '../../deploy/signed.ts';
import type { ConformanceCase, Deployment } from '../case.ts';
import { ask } from '../http.ts';

const area = 'function-urls' as const;
const page = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html';
const INVOCATION = 'https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html';

function sendTo(deployed: Deployment, output: string) {
  const { host, port } = new URL(deployed.output(output));
  return sendSigned({ endpoint: new URL(`http://127.0.0.1:${port}`), host, service: 'lambda', path: '/' });
}

export const RIGHT_CASES: readonly ConformanceCase[] = [
  {
    ...{ area, page, title: 'A function URL of AWS_IAM refuses a request without a signature' },
    async check(deployed) {
      assert.equal((await ask(deployed, 'Iam')).status, 403);
    },
  },
  {
    ...{ area, page, title: 'A function URL of AWS_IAM admits a request that is signed' },
    async check(deployed) {
      assert.equal((await sendTo(deployed, 'Iam')).status, 200);
    },
  },
  {
    ...{ area, page: INVOCATION, title: 'The context of a signed request has who called' },
    async check(deployed) {
      const { text } = await sendTo(deployed, 'Iam');
      const { iam } = JSON.parse(text).requestContext.authorizer;
      assert.equal(iam.accessKey, DUMMY_CREDENTIALS.accessKeyId);
      assert.match(iam.accountId, /^\d{12}$/);
      assert.match(iam.userArn, /^arn:aws:(iam|sts)::\d{12}:/);
      assert.deepEqual([typeof iam.userId, typeof iam.callerId], ['string', 'string']);
    },
  },
  {
    ...{ area, page: INVOCATION, title: 'A function URL of AWS_IAM refuses a signature that does not match' },
    async check(deployed) {
      const authorization = `AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
      assert.equal((await ask(deployed, 'Iam', '/', { headers: { authorization } })).status, 403);
    },
    difference: 'the local run has no secrets of callers: it looks for a signature, and does not check it',
  },
  {
    ...{ area, page, title: 'A function URL without a permission for everybody refuses everybody' },
    async check(deployed) {
      assert.equal((await ask(deployed, 'Forbidden')).status, 403);
    },
    difference: 'the local run has no IAM: permissions are ignored, which it prints at its start',
  },
];

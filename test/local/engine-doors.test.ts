import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { atEndOfTest } from '../support/ends.ts';
import { hasJava, startTestEngine } from '../support/engines.ts';

/** What a browser sends for a page, and the status of what it is answered. */
function statusOf(endpoint: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  const outgoing = request(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      ...headers,
    },
  });
  outgoing.end('{}');
  return new Promise((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
}

describe.each([
  ['DynamoDB Local', 'dynamodb-local', hasJava],
  ['dynalite', 'dynalite', true],
] as const)('the port of %s itself', (_name, choice, isThere) => {
  it.skipIf(!isThere)('answers this run, and no page of a browser', async () => {
    const { engine, stop } = await startTestEngine(choice);
    atEndOfTest(stop);
    const { endpoint } = engine;
    const { port } = new URL(endpoint);
    expect(await statusOf(endpoint, {})).toBe(200);
    expect(await statusOf(endpoint, { host: `localhost:${port}` })).toBe(200);
    expect(await statusOf(endpoint, { 'sec-fetch-site': 'none' })).toBe(200);
    const pages = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:3000' },
      { host: 'evil.example' },
      { host: `rebound.example:${port}` },
      { host: '127.0.0.1' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    const statuses = await Promise.all(pages.map((headers) => statusOf(endpoint, headers)));
    expect(statuses).toEqual(pages.map(() => 403));
  });
});

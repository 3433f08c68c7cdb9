import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { startProcesses } from '../../lib/local/processes.ts';
import { apiOf } from '../support/api.ts';
import { atEndOfFile } from '../support/ends.ts';
import { temporaryFolder } from '../support/folders.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';
import { hasProc, listeningPorts } from '../support/processes.ts';
import { ATTACKS, NAMES, SECRET, writeApp } from './foreign-page/app.ts';
import { type Seen, startAttacker } from './foreign-page/attacker.ts';
import { findChromium, openPage } from './foreign-page/browser.ts';

const chromium = findChromium();
if (chromium === undefined)
  console.log(
    'foreign-page.test.ts is skipped: no Chromium; put chromium or google-chrome on PATH, or set CHROME_PATH',
  );

/** Between calls of the app's own client. */
const PAUSE_MS = 20;

const JSON_TYPE = 'application/x-amz-json-1.0';
const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0';

/** A server of this machine that guards nothing: what reaches it would have reached the run as well. */
async function startOpenServer() {
  const ways = new Set<string>();
  const server = createServer((request, response) => {
    ways.add(`${request.method} ${request.headers['sec-fetch-mode']} ${request.headers['sec-fetch-dest']}`);
    const { origin = '*' } = request.headers;
    request.resume();
    response
      .writeHead(200, {
        ...{ 'access-control-allow-origin': origin, 'access-control-allow-headers': '*, authorization' },
        ...{ 'access-control-allow-methods': '*', 'content-type': 'image/svg+xml' },
      })
      .end('<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>');
  });
  server.on('upgrade', (_, socket) => {
    ways.add('a socket');
    socket.destroy();
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  atEndOfFile(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, ways };
}

describe.skipIf(chromium === undefined)('a page of another origin in Chromium', () => {
  let run: StartedRun;
  let endpoints: Readonly<Record<string, string>>;
  let open: Awaited<ReturnType<typeof startOpenServer>>;
  let seen: readonly Seen[];
  let pids: readonly unknown[];
  const answers: string[] = [];

  const aws = async (service: string, path: string, init: RequestInit): Promise<string> => {
    const response = await fetch(`${endpoints[`AWS_ENDPOINT_URL_${service}`]}${path}`, init);
    return response.text();
  };
  const dynamoDb = (operation: string, body: object) =>
    aws('DYNAMODB', '/', {
      method: 'POST',
      headers: {
        ...{ 'content-type': JSON_TYPE, 'x-amz-target': `DynamoDB_20120810.${operation}` },
        ...{ authorization: AUTHORIZATION, 'x-amz-date': '20260101T000000Z' },
      },
      body: JSON.stringify({ TableName: NAMES.table, ...body }),
    });
  const bodies = async (queue: string): Promise<readonly string[]> => {
    const response = await fetch(`${run.url}/_fibrin/queues/${queue}?limit=50`);
    const { messages } = (await response.json()) as { messages: readonly { readonly body: string }[] };
    return messages.map(({ body }) => body);
  };

  const sandboxPids = async () =>
    (await apiOf(run.url).state()).functions.flatMap(({ sandboxes }) => sandboxes.map(({ pid }) => pid));

  beforeAll(async () => {
    const folder = temporaryFolder();
    writeApp(folder);
    run = await startRun(['--template', 'template.json'], {}, folder);
    atEndOfFile(() => run.stop());
    ({ endpoints } = await apiOf(run.url).state());
    await dynamoDb('PutItem', { Item: { pk: { S: SECRET } } });
    await aws('SQS', '/', {
      ...{ method: 'POST', headers: { 'content-type': JSON_TYPE, 'x-amz-target': 'AmazonSQS.SendMessage' } },
      body: JSON.stringify({
        QueueUrl: `${endpoints['AWS_ENDPOINT_URL_SQS']}/000000000000/${NAMES.queue}`,
        MessageBody: SECRET,
      }),
    });
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><!-- ${SECRET} --></svg>`;
    await aws('S3', `/${NAMES.bucket}/picture.svg`, {
      ...{ method: 'PUT', body: picture, headers: { 'content-type': 'image/svg+xml' } },
    });

    pids = await sandboxPids();
    open = await startOpenServer();
    const own = hasProc
      ? listeningPorts(Number(run.child.pid))
      : [run.url, ...Object.values(endpoints)].map((url) => Number(new URL(url).port));
    const attacker = await startAttacker(ATTACKS, [open.port, ...own]);
    atEndOfFile(attacker.close);
    const processes = startProcesses();
    atEndOfFile(processes.end);
    const { url, resolve } = attacker;
    const profile = temporaryFolder();
    openPage({ chromium: String(chromium), url, resolve, profile, processes });
    let done = false;
    const report = attacker.report.finally(() => {
      done = true;
    });
    // Meanwhile the app has its own client: an invocation that a page takes is one that no one answers.
    while (!done) {
      answers.push(await (await fetch(`${run.url}/own/call`)).text());
      await setTimeout(PAUSE_MS);
    }
    seen = await report;
  });

  it('reaches a server that guards nothing, in every way that it tries, and reads it', () => {
    for (const way of [
      ...['GET cors empty', 'PUT cors empty', 'POST cors empty', 'OPTIONS cors empty'],
      ...['GET no-cors empty', 'POST no-cors empty', 'GET no-cors image', 'POST navigate iframe', 'a socket'],
    ])
      expect([...open.ways]).toContain(way);
    const whats = seen.filter(({ url }) => new URL(url).port === String(open.port)).map(({ what }) => what);
    expect(new Set(whats)).toEqual(new Set(['fetch cors', 'fetch no-cors', 'image']));
  });

  it('reads nothing of the run but that it is refused', () => {
    const own = seen.filter(({ url }) => new URL(url).port !== String(open.port));
    expect(own.length).toBeGreaterThan(ATTACKS.length);
    expect(own.filter(({ result }) => result.status !== 403)).toEqual([]);
    expect(own.filter(({ result }) => result.text?.includes(SECRET))).toEqual([]);
  });

  it('has no effect: no item, message, event, object, fault or invocation is its own', async () => {
    expect(JSON.parse(await dynamoDb('Scan', {})).Items).toEqual([{ pk: { S: SECRET } }]);
    expect(await bodies(NAMES.queue)).toEqual([SECRET]);
    expect(await bodies(NAMES.events)).toEqual([]);
    expect(await aws('S3', `/${NAMES.bucket}?list-type=2`, {})).toMatch(/<KeyCount>1<\/KeyCount>/);
    expect((await apiOf(run.url).state()).faults).toEqual({});
    expect(await sandboxPids()).toEqual(expect.arrayContaining([...pids]));
    expect(run.output()).not.toMatch(/a stranger/);
  });

  it("takes no invocation of the app's own client", () => {
    expect(answers.length).toBeGreaterThan(10);
    expect(new Set(answers)).toEqual(new Set(['answered']));
  });
});

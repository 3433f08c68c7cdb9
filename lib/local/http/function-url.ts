import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { systemClock } from '../../core/clock.ts';
import type { FaultSwitches } from '../faults.ts';
import { functionFor, type LocalFunction } from '../lambda/function.ts';
import type { UrlModel } from '../template/http.ts';
import { preflightAnswer, withCors } from './cors.ts';
import { toAnswer, toEvent } from './event.ts';
import { answerOf, LAMBDA_MAX_PAYLOAD_BYTES, payloadOf, type Statuses } from './integration.ts';
import { headerOf, type Received, receivedFrom } from './received.ts';
import {
  type Answer,
  guarded,
  type Listening,
  listen,
  readBody,
  refuseOtherHosts,
  send,
  sendHead,
} from './server.ts';
import { serviceAnswer } from './service-answer.ts';
import { streamedAnswer } from './streamed-answer.ts';
import { type Arrived, meetWireFault } from './wire-faults.ts';

const STATUSES: Statuses = {
  error: serviceAnswer(502, 'Internal Server Error'),
  throttled: serviceAnswer(429, 'Rate Exceeded.'),
};
/** What the service itself is to do wrong, for a function whose bundle has the switches. */
const FAULT_HEADER = 'x-fibrin-fault';

const targetOfPath = ({ faultTargets }: UrlModel, path: string): string | undefined =>
  Object.entries(faultTargets).find(([, prefix]) => path.startsWith(prefix))?.[0];

/**
 * The name by which functions call a function URL. As on AWS it has to be looked up, and that can fail; `.localhost` is
 * this machine and can be nothing else.
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
export const hostOf = (url: UrlModel): string => `${idOf(url)}.localhost`;

/** The first label of its name, as on AWS. */
const idOf = ({ logicalId }: UrlModel): string => logicalId.toLowerCase();

/** A text that a function returns alone is sent as JSON: in quotation marks. */
const readAnswer = (payload: string): Answer | undefined => toAnswer(payload, JSON.stringify);

const SIGNED = /^AWS4-HMAC-SHA256 .*?Credential=([^/,\s]+)/;

const accessKeyOf = (received: Received): string | undefined =>
  SIGNED.exec(headerOf(received, 'authorization') ?? '')?.[1];

/**
 * Who has signed a request. No signer is known by name here: each is the root of the account.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
const callerOf = (accessKey: string, account: string) => ({
  iam: {
    ...{ accessKey, accountId: account, callerId: account, cognitoIdentity: null, principalOrgId: null },
    ...{ userArn: `arn:aws:iam::${account}:root`, userId: account },
  },
});

async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  // Who has gone reads nothing more; the function goes on writing, as on AWS.
  if (response.destroyed || response.write(bytes)) return;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
}

/** Gives an answer on while the function writes it; as a whole where a fault is on its way. */
async function stream(
  fn: LocalFunction,
  payload: string,
  response: ServerResponse,
  { fault, deliver }: Arrived,
  finish: (answer: Answer) => Answer,
): Promise<void> {
  let head: Answer | undefined;
  const chunks: Buffer[] = [];
  const sink = streamedAnswer({
    head(begun) {
      head = begun;
      if (fault || response.destroyed) return;
      sendHead(response, finish(begun));
      response.flushHeaders();
    },
    chunk: fault ? (bytes) => void chunks.push(bytes) : (bytes) => write(response, bytes),
  });
  const result = await fn.invoke(payload, { sink });
  if (result.kind === 'success' && head !== undefined)
    return fault ? deliver(finish({ ...head, body: Buffer.concat(chunks) })) : void response.end();
  // It broke off: its reader learns that by a connection that ends too early.
  if (response.headersSent) return void response.destroy();
  await deliver(finish(result.kind === 'throttled' ? STATUSES.throttled : STATUSES.error));
}

/** Answers a request as a function URL does. */
async function serve(
  { url, account }: { readonly url: UrlModel; readonly account: string },
  fn: LocalFunction,
  received: Received,
  body: Buffer,
  response: ServerResponse,
  arrived: Arrived,
): Promise<void> {
  const finish = (answer: Answer) => withCors(url.cors, received, answer);
  const { fault } = arrived;
  const accessKey = url.authType === 'AWS_IAM' ? accessKeyOf(received) : undefined;
  const headers = received.headers.filter(([name]) => name.toLowerCase() !== FAULT_HEADER);
  const event = toEvent({
    received: {
      ...received,
      headers: fault ? [...headers, [FAULT_HEADER, JSON.stringify(fault)]] : headers,
    },
    ...{ body, requestId: randomUUID(), now: systemClock.now(), routeKey: '$default' },
    ...{ apiId: idOf(url), account },
    ...(accessKey !== undefined && { authorizer: callerOf(accessKey, account) }),
  });
  if (url.streams) return stream(fn, payloadOf(event), response, arrived, finish);
  const { answer } = await answerOf(fn, event, STATUSES, readAnswer);
  await arrived.deliver(finish(answer));
}

/** Serves a function URL on a port of its own, with the faults on the way to it. Its CORS decides which pages may call it. */
export function startFunctionUrl(
  url: UrlModel,
  functions: ReadonlyMap<string, LocalFunction>,
  faults: FaultSwitches,
  account: string,
): Promise<Listening> {
  return listen(
    0,
    guarded(
      async (request, response) => {
        const fn = functionFor(functions, url);
        if (fn === undefined) return send(response, serviceAnswer(404, 'Not Found'));
        const received = receivedFrom(request);
        const target = targetOfPath(url, received.path);
        const arrived = await meetWireFault(faults, target, request, response, STATUSES.throttled);
        if (arrived === 'answered') return;
        const preflight = preflightAnswer(url.cors, received, 200);
        if (preflight) return arrived.deliver(preflight);
        // Whether the signature is right is AWS's to check; that there is one, a caller can get wrong here already.
        if (url.authType === 'AWS_IAM' && accessKeyOf(received) === undefined)
          return send(response, serviceAnswer(403, 'Forbidden'));
        const body = await readBody(request, LAMBDA_MAX_PAYLOAD_BYTES);
        await serve({ url, account }, fn, received, body, response, arrived);
      },
      { names: [hostOf(url)], refuse: refuseOtherHosts },
    ),
  );
}

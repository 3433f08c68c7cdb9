import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Listening, listen, readBody, send } from '../../lib/local/http/server.ts';
import type { Fault } from './faults.ts';

/** A port that only the system may listen on, that no client refuses to call, and where nothing does. */
export const CLOSED_URL = 'http://127.0.0.1:2';

export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Stands between one key and a server. What happens to one key's connections happens to no other's. */
export interface Proxy {
  readonly url: string;
  /** Lets arrive what is still on its way, and waits until it is done. */
  arrive(): Promise<void>;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Hands a request on. Each call is one more request to the server. */
  readonly forward: (request: IncomingMessage, body: Buffer) => Promise<Answer>;
  /** Undefined: the request is of another program of this machine, which knows the port from one that has ended. It is refused. */
  readonly faultOf: (request: IncomingMessage) => Fault | undefined;
}

/** Hands requests on to a URL, whatever their own is. */
export const forwarder =
  (url: string, onAnswer: (answer: Answer) => void): ProxyOptions['forward'] =>
  async ({ headers: { host: _, connection: __, 'content-length': ___, ...headers } }, body) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: new Uint8Array(body),
    });
    const forwarded = {
      statusCode: answer.status,
      headers: { 'content-type': answer.headers.get('content-type') ?? 'text/plain' },
      body: await answer.text(),
    };
    onAnswer(forwarded);
    return forwarded;
  };

const MAX_BYTES = 1_024 * 1_024;
/** The status line and a little more. */
const HEAD_BYTES = 30;
/** So much of the end of an answer is cut off. */
const CUT_BYTES = 5;

function rawOf({ statusCode, headers, body }: Answer, hasLength: boolean): string {
  const length = hasLength ? { 'content-length': String(Buffer.byteLength(body)) } : { connection: 'close' };
  const lines = Object.entries({ ...headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${statusCode} Answer\r\n${lines.join('')}\r\n${body}`;
}

function cut(socket: Socket, answer: Answer, within: string): void {
  const raw = rawOf(answer, within !== 'body without a length');
  socket.write(raw.slice(0, within === 'head' ? HEAD_BYTES : -CUT_BYTES), () => socket.end());
}

/** Only JSON, so that a client which reads the body of a refusal can. */
const refusalOf = (statusCode: number): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ __type: 'InternalServerError', message: 'injected' }),
});

export async function startProxy({ forward, faultOf }: ProxyOptions): Promise<Proxy> {
  const underWay = new Set<Promise<unknown>>();
  const late: (() => Promise<unknown>)[] = [];

  async function meet(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, MAX_BYTES);
    const { socket } = request;
    const arrive = () => forward(request, body);
    switch (fault.way) {
      case 'pass':
        return send(response, await arrive());
      case 'refuse':
        throw new Error('a connection that is refused leads nowhere');
      case 'answer twice': {
        const answer = await arrive();
        response.once('finish', () => socket.write(rawOf(answer, true)));
        return send(response, answer);
      }
      case 'send twice': {
        if (fault.again === 'at the end') late.push(arrive);
        const [answer] = await Promise.all([arrive(), fault.again === 'at once' && arrive()]);
        return send(response, answer);
      }
      case 'status':
        if (fault.isDone) await arrive();
        return send(response, refusalOf(fault.status));
      case 'redirect':
        await arrive();
        return send(response, { ...refusalOf(303), headers: { location: CLOSED_URL } });
      case 'lose':
        if (fault.what === 'answer') await arrive();
        return void (fault.by === 'reset' ? socket.resetAndDestroy() : socket.destroy());
      case 'cut':
        return cut(socket, await arrive(), fault.within);
      case 'delay':
        if (fault.arrives === 'at once') await arrive();
        if (fault.arrives === 'at the end') late.push(arrive);
        if (!socket.destroyed) await once(socket, 'close');
        if (fault.arrives === 'when it is given up') await arrive();
        return;
      case 'replace':
        await arrive();
        return send(response, { ...refusalOf(200), body: fault.body });
    }
  }

  const server: Listening = await listen(0, (request, response) => {
    const fault = faultOf(request);
    if (fault === undefined) return void response.destroy();
    const meeting = meet(fault, request, response).catch(() => response.destroy());
    underWay.add(meeting);
    void meeting.finally(() => underWay.delete(meeting));
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    async arrive() {
      await Promise.all(late.splice(0).map((arrive) => arrive()));
      await Promise.all(underWay);
    },
    close: () => server.close(),
  };
}

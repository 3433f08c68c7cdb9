import { readFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type Listening, listen } from '../../../lib/local/http/server.ts';

/** A request that a page sends. */
export interface Attack {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How a form sends the body. Default `text/plain`. */
  readonly enctype?: string;
}

interface Plan {
  readonly attacks: readonly Attack[];
  /** Names that lead to this machine. */
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  /** Further pages, that it opens. */
  readonly pages: readonly string[];
}

/** The attacker's own name, and one that resolves to this machine once its page is there. */
const EVIL = 'evil.example';
const REBOUND = 'rebound.example';

/** What a page got to see. */
export interface Seen {
  readonly what: string;
  readonly url: string;
  readonly result: { readonly status?: number; readonly text?: string };
}

const PAGE = readFileSync(new URL('./page.html', import.meta.url));

/** Sends a request on as it is to the port that it asks for, as a browser does once a name resolves to this machine. */
function passOn(incoming: IncomingMessage, response: ServerResponse): void {
  const port = Number(incoming.headers.host?.split(':')[1]);
  const { method, url: path, headers } = incoming;
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  outgoing.on('upgrade', (_, socket) => {
    socket.destroy();
    response.writeHead(101).end();
  });
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

export interface Attacker {
  /** Its page. */
  readonly url: string;
  /** For the browser: where its names lead to. */
  readonly resolve: string;
  /** What all of its pages say that they have seen, once they are done. */
  readonly report: Promise<readonly Seen[]>;
  close(): Promise<void>;
}

/** The server of another site: its page under its own name, on another port of this machine, and under a name that leads to each port. */
export async function startAttacker(attacks: readonly Attack[], ports: readonly number[]): Promise<Attacker> {
  const seen: Seen[] = [];
  let open = ports.length + 2;
  let reported = (_: readonly Seen[]): void => undefined;
  const report = new Promise<readonly Seen[]>((resolve) => {
    reported = resolve;
  });
  /** What a page is to do: one that has the name and the port of what it calls reads whatever it is answered. */
  const planOf = (host = ''): Plan => {
    const [name = '', port] = host.split(':');
    if (name === REBOUND) return { attacks, hosts: [REBOUND], ports: [Number(port)], pages: [] };
    const rebound = ports.map((each) => `http://${REBOUND}:${each}/page`);
    const pages = name === EVIL ? [`http://localhost:${server.port}/page`, ...rebound] : [];
    return { attacks, hosts: ['127.0.0.1', 'localhost'], ports, pages };
  };
  const server: Listening = await listen(0, (incoming, response) => {
    if (incoming.url === '/page') return void response.setHeader('content-type', 'text/html').end(PAGE);
    if (incoming.url === '/plan') return void response.end(JSON.stringify(planOf(incoming.headers.host)));
    if (incoming.url !== '/report') return passOn(incoming, response);
    let text = '';
    incoming.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    incoming.on('end', () => {
      response.end();
      seen.push(...(JSON.parse(text) as readonly Seen[]));
      open -= 1;
      if (open === 0) reported(seen);
    });
  });
  return {
    url: `http://${EVIL}:${server.port}/page`,
    resolve: `MAP ${EVIL} 127.0.0.1, MAP ${REBOUND} 127.0.0.1:${server.port}`,
    report,
    close: server.close,
  };
}

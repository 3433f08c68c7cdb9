import type { IncomingMessage, ServerResponse } from 'node:http';
import { FibrinError } from '../core/errors.ts';
import type { FaultSwitches } from './faults.ts';
import { readBody, sendJson } from './http/server.ts';
import type { QueueControl } from './queue-control.ts';
import type { SandboxControl } from './sandbox-control.ts';

export interface ControlOptions {
  readonly faults: FaultSwitches;
  readonly sandboxes: SandboxControl;
  readonly queues: QueueControl;
  readonly closeIdleSockets: () => void;
  /** Everything there is to see of the run, as plain JSON. */
  readonly state: () => Promise<unknown>;
}

interface Call {
  readonly options: ControlOptions;
  /** The last part of the path, where the route has a `{}` there. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: () => Promise<unknown>;
}

const MAX_BODY_BYTES = 65_536;
const DEFAULT_PEEK = '10';

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_BODY_BYTES);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new FibrinError('BAD_JSON', 'The body is not JSON', { status: 400 });
  }
}

async function setFault({ options: { faults, closeIdleSockets }, name, body }: Call): Promise<unknown> {
  const { fault, affects } = faults.set(name, await body());
  // Who holds a connection looks nothing up.
  if (fault.kind === 'unresolved') closeIdleSockets();
  const note =
    affects.length === 0 ? 'nothing in this template is that target; the fault has no effect' : undefined;
  return { target: name, fault, affects, note };
}

/** Each answers with what it returns, as JSON. */
const ROUTES: Readonly<Record<string, (call: Call) => unknown>> = {
  'GET /_fibrin/state': ({ options }) => options.state(),
  'GET /_fibrin/traffic': ({ options: { faults } }) => faults.traffic(),
  'GET /_fibrin/faults': ({ options: { faults } }) => faults.list(),
  'PUT /_fibrin/faults/{target}': setFault,
  'DELETE /_fibrin/faults': ({ options: { faults } }) => {
    faults.clear();
    return faults.list();
  },
  'DELETE /_fibrin/faults/{target}': ({ options: { faults }, name }) => {
    faults.clear(name);
    return faults.list();
  },
  'GET /_fibrin/queues/{name}': ({ options, name, query }) =>
    options.queues.peek(name, Number(query.get('limit') ?? DEFAULT_PEEK)),
  'GET /_fibrin/sandboxes': ({ options: { sandboxes } }) => sandboxes.list(),
  'PUT /_fibrin/sandboxes': async ({ options: { sandboxes }, body }) => {
    sandboxes.set(await body());
    return sandboxes.list();
  },
  'DELETE /_fibrin/sandboxes': ({ options: { sandboxes } }) => {
    sandboxes.kill();
    return sandboxes.list();
  },
  'PUT /_fibrin/sandboxes/{pid}': async ({ options: { sandboxes }, name, body }) => {
    sandboxes.change(Number(name), await body());
    return sandboxes.list();
  },
  'DELETE /_fibrin/sandboxes/{pid}': ({ options: { sandboxes }, name }) => {
    sandboxes.kill(Number(name));
    return sandboxes.list();
  },
  'DELETE /_fibrin/sandboxes/idle-sockets': ({ options: { closeIdleSockets, sandboxes } }) => {
    closeIdleSockets();
    return sandboxes.list();
  },
};

/** The route of a request: the literal one, or the one with a placeholder for the last part of its path. */
function findRoute(
  method: string,
  path: string,
): { readonly route: string; readonly name: string } | undefined {
  const literal = `${method} ${path}`;
  if (Object.hasOwn(ROUTES, literal)) return { route: literal, name: '' };
  const slash = path.lastIndexOf('/') + 1;
  const route = Object.keys(ROUTES).find(
    (candidate) => candidate.endsWith('}') && candidate.startsWith(`${method} ${path.slice(0, slash)}{`),
  );
  return route === undefined ? undefined : { route, name: path.slice(slash) };
}

/** The part of the HTTP surface under `/_fibrin/`: see what runs, make it fail, end its faults. */
export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  options: ControlOptions,
): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://127.0.0.1');
  const found = findRoute(request.method ?? 'GET', pathname);
  if (found === undefined) {
    const message = `There is ${Object.keys(ROUTES).join(', ')}`;
    throw new FibrinError('NO_SUCH_ROUTE', message, { status: 404 });
  }
  const call: Call = { options, name: found.name, query, body: () => readJson(request) };
  sendJson(response, 200, await ROUTES[found.route]?.(call));
}

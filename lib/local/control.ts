import type { IncomingMessage, ServerResponse } from 'node:http';
import { FibrinError } from '../core/errors.ts';
import type { FaultSwitches } from './faults.ts';
import { readBody, sendJson } from './http/server.ts';

export interface ControlOptions {
  readonly faults: FaultSwitches;
  /** Everything there is to see of the run, as plain JSON. */
  readonly state: () => Promise<unknown>;
}

const MAX_BODY_BYTES = 65_536;

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_BODY_BYTES);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new FibrinError('BAD_JSON', 'The body is not JSON', { status: 400 });
  }
}

/** The part of the HTTP surface under `/_fibrin/`: see what runs, make it fail, mend it. */
export async function serveControl(
  request: IncomingMessage,
  response: ServerResponse,
  { faults, state }: ControlOptions,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const target = /^\/_fibrin\/faults\/([\w-]+)$/.exec(path)?.[1];
  const route = `${request.method} ${target === undefined ? path : '/_fibrin/faults/{target}'}`;
  switch (route) {
    case 'GET /_fibrin/state':
      return sendJson(response, 200, await state());
    case 'GET /_fibrin/faults':
      return sendJson(response, 200, faults.list());
    case 'PUT /_fibrin/faults/{target}': {
      const { fault, affects } = faults.set(String(target), await readJson(request));
      const note =
        affects.length === 0 ? 'nothing in this template is that target; the fault has no effect' : undefined;
      return sendJson(response, 200, { target, fault, affects, note });
    }
    case 'DELETE /_fibrin/faults':
      faults.clear();
      return sendJson(response, 200, faults.list());
    case 'DELETE /_fibrin/faults/{target}':
      faults.clear(target);
      return sendJson(response, 200, faults.list());
    default:
      throw new FibrinError(
        'NO_SUCH_ROUTE',
        'There is GET /_fibrin/state, GET and DELETE /_fibrin/faults, PUT and DELETE /_fibrin/faults/{target}',
        {
          status: 404,
        },
      );
  }
}

import { randomUUID } from 'node:crypto';
import { FibrinError } from '../../core/errors.ts';
import type { FaultSwitches } from '../faults.ts';
import { type Answer, guarded, type Listening, listen, readBody, send } from '../http/server.ts';
import { meetWireFault } from '../http/wire-faults.ts';
import type { Buses } from './bus.ts';
import { MAX_ENTRIES_BYTES } from './entries.ts';
import { isJsonObject, type JsonObject } from './pattern/model.ts';

export interface EventBridgeApiOptions {
  readonly buses: Pick<Buses, 'put'>;
  readonly faults: FaultSwitches;
}

const FAULT_TARGET = 'bus';
const SERVICE = 'AWSEvents';
/** JSON writes a byte with six characters at worst, and a little is around the entries. */
const MAX_REQUEST_BYTES = 6 * MAX_ENTRIES_BYTES + 65_536;

const answer = (statusCode: number, body: unknown): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() },
  body: JSON.stringify(body),
});

const failure = (statusCode: number, type: string, message: string): Answer =>
  answer(statusCode, { __type: type, message });

const throttled = (): Answer => failure(400, 'ThrottlingException', 'Rate exceeded');

function parseRequest(body: Buffer): JsonObject {
  try {
    const request: unknown = JSON.parse(body.toString('utf8'));
    if (isJsonObject(request)) return request;
  } catch {
    // The same to the service as JSON that is no object; what it says of either follows.
  }
  throw new FibrinError('SerializationException', 'Expected the body to be a JSON object', { status: 400 });
}

/**
 * EventBridge's endpoint on this machine, for SDK clients that are pointed at it with AWS_ENDPOINT_URL_EVENTBRIDGE.
 * It can be made to fail as the service does.
 */
export function startEventBridgeApi({ buses, faults }: EventBridgeApiOptions): Promise<Listening> {
  const operations: ReadonlyMap<string, (request: JsonObject, isUnwell: boolean) => unknown> = new Map([
    [
      `${SERVICE}.PutEvents`,
      // The service loses every second event when it is unwell, the first one among them.
      ({ Entries }: JsonObject, isUnwell: boolean) =>
        buses.put(Entries, isUnwell ? (index) => index % 2 === 0 : undefined),
    ],
  ]);

  return listen(
    0,
    guarded(async (request, response) => {
      const body = await readBody(request, MAX_REQUEST_BYTES);
      const arrived = await meetWireFault(faults, FAULT_TARGET, request, response, throttled());
      if (arrived === 'answered') return;
      const { fault, deliver } = arrived;
      if (fault?.kind === 'error') {
        const message = 'The request processing has failed because of an unknown error.';
        return send(response, failure(fault.status, 'InternalException', message));
      }
      const target = request.headers['x-amz-target'];
      const operation = typeof target === 'string' ? operations.get(target) : undefined;
      if (operation === undefined) {
        const message = `${target ?? 'No x-amz-target'} is not run on this machine; there is ${[...operations.keys()].join(', ')}`;
        return send(response, failure(400, 'UnknownOperationException', message));
      }
      try {
        const done = operation(parseRequest(body), fault?.kind === 'corrupt');
        await deliver(answer(200, done));
      } catch (error) {
        if (!(error instanceof FibrinError) || error.status !== 400) throw error;
        send(response, failure(400, error.code, error.message));
      }
    }),
  );
}

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sleep, systemClock } from '../../core/clock.ts';
import type { FaultSwitches } from '../faults.ts';
import { type Answer, send } from './server.ts';

/** What was asked for is done, and nobody hears of it: the connection breaks where the answer should be. */
export const loseAnswer = (request: IncomingMessage): void => void request.socket.resetAndDestroy();

/** Waits until the signal aborts or the client has gone. */
async function untilLifted(response: ServerResponse, signal: AbortSignal): Promise<void> {
  // `once` rejects when the signal aborts: either way the wait is over.
  await once(response, 'close', { signal }).catch(() => undefined);
}

/**
 * Does to a request what happens on the way to a service, and says what is left to do: nothing, or what the service
 * itself does wrong (`error`, `corrupt`), its usual work, or that and
 * no answer (`lost-answer`).
 */
export async function meetWireFault(
  faults: FaultSwitches,
  target: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  throttled: Answer,
): Promise<'answered' | ReturnType<FaultSwitches['roll']>> {
  const fault = faults.roll(target);
  const lifted = faults.lifted(target);
  switch (fault?.kind) {
    case 'latency': {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      await sleep(systemClock, fault.ms, AbortSignal.any([lifted, gone.signal])).catch(() => undefined);
      return response.destroyed ? 'answered' : undefined;
    }
    case 'hang':
      request.resume();
      await untilLifted(response, lifted);
      response.destroy();
      return 'answered';
    case 'reset':
      // The answer begins and breaks off.
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_024 });
      response.write('{"', () => request.socket.resetAndDestroy());
      return 'answered';
    case 'refuse':
      // As near as a port that others share comes to a closed one: gone before a byte of answer.
      request.socket.resetAndDestroy();
      return 'answered';
    case 'throttle':
      request.resume();
      send(response, throttled);
      return 'answered';
    default:
      return fault;
  }
}

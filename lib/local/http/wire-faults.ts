import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault } from '../fault.ts';
import type { FaultSwitches } from '../faults.ts';
import { deliver, pause, untilLifted } from './delivery.ts';
import { type Answer, send } from './server.ts';

/** A request that has come through to the service. */
export interface Arrived {
  /** What the service itself does wrong (`error`, `corrupt`, `mix-up`), or what becomes of its answer on the way. */
  readonly fault: Fault | undefined;
  /** Sends the service's answer, as far as the fault lets it come. */
  readonly deliver: (answer: Answer) => Promise<void>;
}

/** Does to a request what happens on the way to a service, and says with what it arrives there, if it does. */
export async function meetWireFault(
  faults: FaultSwitches,
  target: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  throttled: Answer,
): Promise<'answered' | Arrived> {
  const fault = faults.roll(target);
  const channel = { request, response, lifted: faults.lifted(target) };
  const arrived = { fault, deliver: (answer: Answer) => deliver(channel, fault, answer) };
  switch (fault?.kind) {
    case 'latency':
      await pause(fault.ms, channel);
      return response.destroyed ? 'answered' : arrived;
    case 'hang':
      request.resume();
      await untilLifted(channel);
      response.destroy();
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
      return arrived;
  }
}

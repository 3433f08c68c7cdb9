import { type Clock, systemClock, withDeadline } from 'fibrin';
import { isExpired } from 'fibrin/events';
import { type EmfOptions, emfMetrics } from 'fibrin/telemetry';
import { log, reasonOf } from './log.ts';
import { type DataOf, type ProfileEvent, readProfileEvent } from './profile-event.ts';
import { NAMESPACE } from './telemetry.ts';

/** An event as a bus delivers it, as far as consumers read it. */
export interface BusEvent {
  readonly detail: unknown;
  readonly time: string;
}

/** Its `detail` says to `withDeadline` when it expires. */
interface Delivered<T extends ProfileEvent> extends Pick<BusEvent, 'detail'> {
  readonly change: DataOf<T>;
  readonly event: BusEvent;
}

interface InvocationTime {
  getRemainingTimeInMillis(): number;
}

/** Where the signal aborts when the function's time is over, and no later than the event expires. */
type Act<T extends ProfileEvent> = (
  change: DataOf<T>,
  event: BusEvent,
  signal: AbortSignal,
) => Promise<unknown>;

export interface ConsumerOptions<E, T extends ProfileEvent> {
  /** The events that it acts on. */
  readonly type: T;
  /** In logs and metrics. */
  readonly name: string;
  /** The event in what the function is invoked with. */
  readonly eventOf: (delivery: E) => BusEvent;
  readonly clock?: Clock;
  /** Default: to stdout. */
  readonly write?: NonNullable<EmfOptions['write']>;
}

/** Kept of the function's time, so that a record that takes too long fails alone and not with its batch. Milliseconds. */
const RESERVE_MS = 500;

/**
 * Acts on a change of a profile while its event is valid. An expired one is dropped, logged and counted as
 * `ExpiredEvents`: it would be no more valid if it came again. Logs carry the correlation id that the caller has entered.
 */
export function profileConsumer<E, T extends ProfileEvent>(
  { type, name, eventOf, clock = systemClock, write }: ConsumerOptions<E, T>,
  act: Act<T>,
): (delivery: E, context: InvocationTime) => Promise<void> {
  const { count } = emfMetrics({ namespace: NAMESPACE, clock, ...(write && { write }) });

  const inTime = withDeadline(
    { reserveMs: RESERVE_MS, clock },
    ({ change, event }: Delivered<T>, _context: InvocationTime, { signal }) => act(change, event, signal),
  );
  const consume = async (event: BusEvent, context: InvocationTime): Promise<void> => {
    const envelope = readProfileEvent(type, event.detail);
    const { time, data: change } = envelope;
    const now = clock.now();
    const report = { consumer: name, ageMs: now - Date.parse(time) };
    if (isExpired(envelope, now)) {
      count('ExpiredEvents', 1, { consumer: name });
      return log('warn', 'An expired event was dropped', report);
    }
    await inTime({ detail: event.detail, change, event }, context);
    log('info', 'A changed profile was consumed', report);
  };

  return async (delivery, context) => {
    try {
      await consume(eventOf(delivery), context);
    } catch (error) {
      log('error', 'A changed profile was not consumed', { consumer: name, ...reasonOf(error) });
      throw error;
    }
  };
}

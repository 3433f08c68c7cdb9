import type { CancelTimer, Clock } from '../core/clock.ts';

interface Event {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Virtual time: what is to happen, in order, and nothing between. Milliseconds from its beginning. */
export interface World {
  readonly now: number;
  at(time: number, run: () => void): CancelTimer;
  /** Something waits for a promise: let it go on before time does. */
  wake(): void;
  /** Lets everything happen until then. */
  runUntil(end: number): Promise<void>;
}

const isBefore = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** A heap of events, the next one first. */
function eventHeap() {
  const heap: Event[] = [];
  const swap = (i: number, j: number) => {
    const event = heap[i] as Event;
    heap[i] = heap[j] as Event;
    heap[j] = event;
  };
  return {
    get first(): Event | undefined {
      return heap[0];
    },
    push(event: Event) {
      let at = heap.push(event) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!isBefore(heap[at] as Event, heap[parent] as Event)) return;
        swap(at, parent);
        at = parent;
      }
    },
    pop(): Event | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return first;
      heap[0] = last;
      for (let at = 0; ; ) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2])
          if (child < heap.length && isBefore(heap[child] as Event, heap[least] as Event)) least = child;
        if (least === at) return first;
        swap(at, least);
        at = least;
      }
    },
  };
}

export function world(): World {
  const events = eventHeap();
  let now = 0;
  let order = 0;
  let isAwake = false;
  return {
    get now() {
      return now;
    },
    at(time, run) {
      const event: Event = { at: Math.max(now, time), order: order++, run };
      events.push(event);
      return () => {
        event.run = undefined;
      };
    },
    wake() {
      isAwake = true;
    },
    async runUntil(end) {
      for (let next = events.first; next && next.at <= end; next = events.first) {
        events.pop();
        now = next.at;
        next.run?.();
        if (isAwake) {
          isAwake = false;
          // Behind all microtasks, however many each brings.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      now = end;
    },
  };
}

/** The epoch of virtual time, so that wall clocks look like some. */
const EPOCH = 1_750_000_000_000;

/** The clock of one sandbox, whose wall clock is off by so much. */
export const clockIn = (virtual: World, skewMs = 0): Clock => ({
  now: () => EPOCH + virtual.now + skewMs,
  monotonic: () => virtual.now,
  after: (delayMs, run) =>
    virtual.at(virtual.now + delayMs, () => {
      virtual.wake();
      run();
    }),
});

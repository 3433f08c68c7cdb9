/** A timer that waits. */
export interface Timer {
  readonly at: number;
  /** Of two timers for one moment, the one that was set first is first. */
  readonly serial: number;
  readonly run: () => void;
  /** Where in the heap it is; -1 when it waits no longer. */
  place: number;
}

/** Timers that wait, the next one first. */
export interface TimerHeap {
  readonly size: number;
  readonly first: Timer | undefined;
  add(at: number, run: () => void): Timer;
  /** Does nothing for one that waits no longer. */
  remove(timer: Timer): void;
}

const isBefore = (one: Timer, other: Timer): boolean =>
  one.at < other.at || (one.at === other.at && one.serial < other.serial);

/**
 * A binary heap: to set, cancel or fire one of n timers takes log n steps. Most timeouts are cancelled, so a cancelled
 * one leaves at once and does not wait for its moment.
 */
export function timerHeap(): TimerHeap {
  const heap: Timer[] = [];
  let serial = 0;

  const put = (timer: Timer, place: number) => {
    heap[place] = timer;
    timer.place = place;
  };

  const rise = (timer: Timer, from: number) => {
    let place = from;
    while (place > 0) {
      const above = heap[(place - 1) >> 1];
      if (above === undefined || !isBefore(timer, above)) break;
      const next = above.place;
      put(above, place);
      place = next;
    }
    put(timer, place);
  };

  const sink = (timer: Timer, from: number) => {
    let place = from;
    for (;;) {
      const left = heap[2 * place + 1];
      const right = heap[2 * place + 2];
      const below = left && right && isBefore(right, left) ? right : left;
      if (below === undefined || !isBefore(below, timer)) break;
      const next = below.place;
      put(below, place);
      place = next;
    }
    put(timer, place);
  };

  return {
    get size() {
      return heap.length;
    },
    get first() {
      return heap[0];
    },
    add(at, run) {
      const timer = { at, serial: serial++, run, place: heap.length };
      rise(timer, heap.length);
      return timer;
    },
    remove(timer) {
      const { place } = timer;
      if (place < 0) return;
      timer.place = -1;
      const last = heap.pop();
      if (last === undefined || last === timer) return;
      rise(last, place);
      sink(last, last.place);
    },
  };
}

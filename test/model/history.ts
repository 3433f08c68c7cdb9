import type { Counts } from './counts.ts';
import type { Referee } from './verdict.ts';
import type { Setup } from './world.ts';

/** What a caller asks for. All of them use one key value. */
export interface Request {
  readonly user: string;
  readonly payload: string;
}

/** One try to have the effect. */
export interface Try {
  /** A durable execution may try several times; it is never beside itself. */
  readonly by: string;
  readonly user: string;
  readonly key: string;
  readonly atMs: number;
  /** When its time is over. No caller waits for what it does after that. */
  readonly untilMs: number;
}

interface Submitted extends Request {
  readonly of: Try;
  readonly result: string;
  readonly atMs: number;
  /** Until then it is to be replayed. */
  readonly keptUntilMs: number;
}

/**
 * What has happened in a schedule as its callers have seen it, and what they must never see. All times are true ones, of
 * the clock that no sandbox has.
 */
export function history(referee: Referee, counts: Counts, setup: Pick<Setup, 'onUnknownOutcome'>) {
  /** Those that may have had their effect. */
  const tries = new Set<Try>();
  const running = new Map<string, Try>();
  /** Those whose effect must not happen again: with `hold` all that may have had it, with `rerun` those that must have told so. */
  const open = new Set<Try>();
  const holds = setup.onUnknownOutcome === 'hold';
  const submitted: Submitted[] = [];
  /** Results that a caller knows of, in the order in which they were handed out. */
  const told: Submitted[] = [];

  const keptAt = (user: string, nowMs: number, first = told.length) =>
    told.slice(0, first).filter((one) => one.user === user && nowMs <= one.keptUntilMs);

  const tell = (one: Submitted) => {
    if (told.includes(one)) return;
    told.push(one);
    const again = [...tries].find(
      (other) =>
        other !== one.of && other.user === one.user && other.atMs > one.atMs && other.atMs <= one.keptUntilMs,
    );
    if (again) referee.blame('repeated', `${again.by} had run when ${one.result} was told`);
  };

  return {
    runs(next: Try) {
      const { by, user, atMs } = next;
      counts.claims++;
      for (const { result } of keptAt(user, atMs)) referee.blame('repeated', `${by} runs after ${result}`);
      for (const other of running.values())
        if (other.user === user && other.by !== by && atMs < other.untilMs)
          referee.blame('overlapping', `${by} runs beside ${other.by}`);
      for (const other of open)
        if (other.user === user && other.by !== by && (holds || atMs < other.untilMs))
          referee.blame('twice', `${by} runs after ${other.by}`);
      tries.add(next);
      if (holds) open.add(next);
      running.set(by, next);
    },
    /** It does nothing more. */
    ends: (by: string) => running.delete(by),
    /**
     * It has had no effect, or one that is not promised to happen once only. What an earlier try has sent may still be
     * recorded, once the key is free. Only with `rerun` does the last try of an execution speak for those before it.
     */
    fails(one: Try) {
      running.delete(one.by);
      tries.delete(one);
      for (const other of open) if (other === one || (!holds && other.by === one.by)) open.delete(other);
    },
    /** It has had its effect, and knows that it may have. */
    keeps(one: Try) {
      running.delete(one.by);
      if (!holds) open.add(one);
    },
    /** A person has found out about all that ran under a key, or it has had its retention. */
    frees(key: string) {
      for (const one of open) if (one.key === key) open.delete(one);
    },
    submits: (one: Submitted) => void submitted.push(one),
    /** The first caller gets its answer. */
    acknowledges(of: Try, answer: unknown, nowMs: number) {
      counts.acknowledged++;
      const one = submitted.find((other) => other.of === of && other.result === answer);
      if (one === undefined) return referee.blame('mixed', `${of.by} was answered ${answer}`);
      const other = keptAt(of.user, nowMs).find((known) => known !== one);
      if (other) referee.blame('mixed', `${of.by} got ${answer}, others ${other.result}`);
      tell(one);
    },
    /** How many results a caller knows of. */
    get told() {
      return told.length;
    },
    /** @param toldBefore How many were known when the request came: only those must be what it gets. */
    replays({ user, payload }: Request, result: unknown, toldBefore: number, nowMs: number) {
      counts.replays++;
      const one = submitted.find((other) => other.result === result);
      if (one?.user !== user || one.payload !== payload)
        return referee.blame('mixed', `${user} with ${payload} got ${result}`);
      const other = keptAt(user, nowMs, toldBefore).find((known) => known !== one);
      if (other) referee.blame('mixed', `${user} got ${result} after ${other.result}`);
      tell(one);
    },
  };
}

export type History = ReturnType<typeof history>;

import { ENDING_NAMES } from './endings.ts';

/** What happens in schedules. Each has to happen often enough, or the invariants were held against nothing. */
const KINDS = [
  /** Runs that began. */
  'claims',
  /** Runs that took over from one whose lease was over. */
  'takeovers',
  /** Runs of a durable execution that a later invocation went on with. */
  'resumed',
  /** Results that were handed out again. */
  'replays',
  /** Requests that were refused since another run was under way. */
  'conflicts',
  /** Requests with another payload. */
  'mismatches',
  /** Requests for a key that is held. */
  'held',
  /** Keys that a person freed. */
  'freed',
  /** Completions that were acknowledged. */
  'acknowledged',
  /** Own writes, applied without an acknowledgement, that were told from those of others. */
  'recognised',
  /** Runs that were told of having been overtaken. */
  'lost',
  /** Runs that failed for certain. */
  'released',
  /** Runs that ended with an error after which the claim stays. */
  'kept',
  /** Runs that ended without an outcome. */
  'left',
  /** Calls of the store whose end is not known. */
  'unanswered',
  /** Runs that a crash or the end of their time has cut off. */
  'crashes',
  /** Runs that went on after their time. */
  'overruns',
  /** Writes that were applied after their sender had given them up. */
  'ghosts',
  /** Records that the store removed after their retention. */
  'removed',
  /** Runs of a key whose result had been kept for as long as promised. */
  'renewed',
  /** Runs in a sandbox whose clock is set wrong. */
  'astray',
  /** Requests for a key whose run can be at work no more, whatever its lease says. */
  'disbelieved',
  /** Ends of runs that did not complete. */
  ...ENDING_NAMES,
] as const;

export type Kind = (typeof KINDS)[number];
export type Counts = Record<Kind, number>;

export const noCounts = (): Counts =>
  Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;

export function addCounts<K extends string>(
  total: Partial<Record<K, number>>,
  more: Readonly<Record<K, number>>,
): void {
  for (const kind of Object.keys(more) as K[]) total[kind] = (total[kind] ?? 0) + more[kind];
}

/** What happens more rarely than once in so many schedules was not tested. */
export const RARE_SCHEDULES = 200;

/** The kinds that happened less often than once in so many schedules. */
export const tooRare = <K extends string>(
  counts: Readonly<Record<K, number>>,
  schedules: number,
  every = RARE_SCHEDULES,
): K[] => (Object.keys(counts) as K[]).filter((kind) => counts[kind] < schedules / every);

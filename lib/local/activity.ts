import type { CancelTimer, Clock } from '../core/clock.ts';

/** How often each of them has had what is counted, since the run began. */
export type Counts = Readonly<Record<string, number>>;

export interface ActivityOptions {
  readonly clock: Clock;
  readonly say: (line: string) => void;
  /** What is counted, by its name in the singular and the plural: `{ 'cold start|cold starts': { Get: 3 } }`. */
  readonly counts: () => Readonly<Record<string, Counts>>;
  /** What has changed since it was asked last, in words. What it rejects with is left out. */
  readonly changes: () => Promise<readonly string[]>;
}

export interface Activity {
  stop(): void;
}

const INTERVAL_MS = 1_000;
/** So many are named; a line is for people. */
const NAMED = 3;

/** `3 cold starts (Get 2, Put)`; undefined when there were none. */
function told(words: string, before: Counts, now: Counts): string | undefined {
  const grown = Object.entries(now)
    .map(([name, count]) => ({ name, count: count - (before[name] ?? 0) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
  const total = grown.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  const [one = words, many = one] = words.split('|');
  const names = grown
    .slice(0, NAMED)
    .map(({ name, count }) => (grown.length === 1 ? name : `${name} ${count}`));
  const more = grown.length > NAMED ? `, ${grown.length - NAMED} more` : '';
  return `${total} ${total === 1 ? one : many} (${names.join(', ')}${more})`;
}

/** Says what has happened, in one line a second at most and in none where nothing has. */
export function startActivity({ clock, say, counts, changes }: ActivityOptions): Activity {
  let before = counts();
  let cancel: CancelTimer = () => undefined;
  let stopped = false;
  const tick = async () => {
    const changed = await changes().catch(() => []);
    if (stopped) return;
    const now = counts();
    const news = [
      ...Object.entries(now).map(([words, count]) => told(words, before[words] ?? {}, count)),
      ...changed,
    ].filter((part) => part !== undefined);
    before = now;
    if (news.length > 0) say(`last second: ${news.join('; ')}`);
    arm();
  };
  const arm = () => {
    cancel = clock.after(INTERVAL_MS, () => void tick());
  };
  arm();
  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}

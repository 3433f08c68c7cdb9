import { expect, it } from 'vitest';
import { type Counts, startActivity } from '../../lib/local/activity.ts';
import { fakeClock } from '../../lib/testing/index.ts';

function setUp() {
  const clock = fakeClock(0);
  const lines: string[] = [];
  const counted: Record<string, Counts> = {};
  let changed: string[] | Error = [];
  const activity = startActivity({
    clock,
    say: (line) => void lines.push(line),
    counts: () => structuredClone(counted),
    async changes() {
      if (changed instanceof Error) throw changed;
      return changed.splice(0);
    },
  });
  const change = (next: string[] | Error) => {
    changed = next;
  };
  return { clock, lines, counted, change, activity };
}

it('says what has happened in one line a second, most often first', async () => {
  const { clock, lines, counted, change } = setUp();
  counted['cold start|cold starts'] = { Get: 1, Put: 4 };
  counted['throttle|throttles'] = { Put: 12 };
  change(['breaker posts: closed → open (too many calls failed)']);
  await clock.advance(1_000);
  counted['throttle|throttles'] = { Put: 13 };
  await clock.advance(1_000);
  expect(lines).toEqual([
    'last second: 5 cold starts (Put 4, Get 1); 12 throttles (Put); breaker posts: closed → open (too many calls failed)',
    'last second: 1 throttle (Put)',
  ]);
});

it('says nothing of a second in which nothing happens, nor of what was before it began', async () => {
  const { clock, lines, counted } = setUp();
  await clock.advance(10_000);
  counted['kill|kills'] = { Get: 1 };
  await clock.advance(60_000);
  expect(lines).toEqual(['last second: 1 kill (Get)']);
});

it('says a line a second at most, whatever happens in it', async () => {
  const { clock, lines, counted } = setUp();
  for (let step = 1; step <= 50; step++) {
    counted['fault|faults'] = { users: step };
    await clock.advance(100);
  }
  expect(lines).toEqual(Array.from({ length: 5 }, () => 'last second: 10 faults (users)'));
});

it('names three of many and counts the others', async () => {
  const { clock, lines, counted } = setUp();
  counted['fault|faults'] = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`f${n}`, n + 1]));
  await clock.advance(1_000);
  expect(lines).toEqual(['last second: 45 faults (f8 9, f7 8, f6 7, 6 more)']);
});

it('goes on without the changes that cannot be read, and ends when it is stopped', async () => {
  const { clock, lines, counted, change, activity } = setUp();
  change(new Error('no engine'));
  counted['kill|kills'] = { Get: 2 };
  await clock.advance(1_000);
  expect(lines).toEqual(['last second: 2 kills (Get)']);
  activity.stop();
  counted['kill|kills'] = { Get: 3 };
  await clock.advance(5_000);
  expect(lines).toHaveLength(1);
});

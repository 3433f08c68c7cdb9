import type { Item } from 'fibrin';
import { toItem, type User, userKey } from './profile.ts';

const FIRST = [
  'Ada',
  'Grace',
  'Alan',
  'Edsger',
  'Barbara',
  'Tony',
  'Radia',
  'Leslie',
  'Frances',
  'Donald',
] as const;
const LAST = ['Reed', 'Marsh', 'Stone', 'Vale', 'Hart', 'Lund', 'Kerr', 'Nash', 'Page', 'Wolfe'] as const;

/** The users that a local run starts with: 1 to 1000. */
export default function* seed(): Generator<{ readonly key: string; readonly item: Item }> {
  for (let number = 1; number <= 1_000; number++) {
    const first = FIRST[number % FIRST.length] ?? 'Ada';
    const last = LAST[Math.floor(number / FIRST.length) % LAST.length] ?? 'Reed';
    const user: User = {
      id: String(number),
      name: `${first} ${last}`,
      email: `${first}.${last}.${number}@example.com`.toLowerCase(),
      version: 1,
    };
    yield { key: userKey(user.id), item: toItem(user) };
  }
}

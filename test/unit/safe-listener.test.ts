import { describe, expect, test, vi } from 'vitest';
import { safeListener } from '../../lib/core/safe-listener.ts';
import { settle } from '../../lib/testing/settle.ts';

/** What ends a process when nothing handles it. */
async function unhandledDuring(notify: () => void): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    notify();
    await settle();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('unhandledRejection', note);
  }
  return unhandled;
}

const broken = new Error('broken');
const throws = (): never => {
  throw broken;
};

type Then = (resolve: unknown, reject: (reason: Error) => void) => void;
/** A promise of another library. */
const thenable = (then: Then) => Object.defineProperty({}, 'then', { value: then });

describe('a safe listener', () => {
  test('is called at once with the event', () => {
    const listener = vi.fn<(event: string) => void>();

    expect(safeListener(listener)('open')).toBeUndefined();

    expect(listener.mock.calls).toEqual([['open']]);
  });

  test.each<[string, () => unknown]>([
    ['throws', throws],
    ['rejects', async () => throws()],
    ['returns a thenable that rejects', () => thenable((_, reject) => reject(broken))],
    ['returns a thenable whose `then` throws', () => thenable(throws)],
    [
      'returns a thenable whose `then` cannot be read',
      () => Object.defineProperty({}, 'then', { get: throws }),
    ],
    ['returns a Proxy that throws', () => new Proxy({}, { get: throws })],
  ])('never reaches its caller when it %s', async (_, listener) => {
    const notify = safeListener(listener);

    expect(await unhandledDuring(() => notify(undefined))).toEqual([]);
  });

  test.each<[string, () => unknown]>([
    ['throws', throws],
    ['rejects', async () => throws()],
  ])('is warned of once, by its owner, when it %s', async (what, listener) => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const notify = safeListener(listener, `${what}: onEvent`);
    await unhandledDuring(() => notify(undefined));
    await unhandledDuring(() => notify(undefined));

    expect(warn.mock.calls).toEqual([[`${what}: onEvent threw Error; the event is lost`, 'FibrinWarning']]);
  });
});

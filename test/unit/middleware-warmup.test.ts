import middy from '@middy/core';
import { describe, expect, test, vi } from 'vitest';
import { type WarmupOptions, warmup } from '../../lib/middleware/warmup.ts';
import { fakeClock, settle } from '../../lib/testing/index.ts';
import { contextWith } from '../support/lambda-context.ts';

const event = { source: 'fibrin.warmup' };
const answer = { environment: expect.stringMatching(/^[\w-]{8,}$/) };

function lambdaWith(options: WarmupOptions = {}, remainingMs = 3_000) {
  const clock = fakeClock();
  const handler = vi.fn(async () => 'real');
  const after = vi.fn();
  const lambda = middy<unknown, unknown>({ timeoutEarlyInMillis: 0 })
    .use(warmup<unknown, unknown>({ clock, ...options }))
    .after(after)
    .handler(handler);
  return { clock, handler, after, call: (sent: unknown) => lambda(sent, contextWith(remainingMs)) };
}

describe('the warmup middleware', () => {
  test('answers a ping before anything else runs', async () => {
    const { clock, handler, after, call } = lambdaWith();

    expect(await call(event)).toEqual(answer);

    expect(handler).not.toHaveBeenCalled();
    expect(after).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
  });

  test.each([
    [{}],
    [null],
    ['fibrin.warmup'],
    [{ source: 'aws.events' }],
    [{ detail: event }],
    [{ body: JSON.stringify(event), headers: event }],
    [Object.create(event) as object],
  ])('hands any other event on: %j', async (sent) => {
    const { after, call } = lambdaWith({ delayMs: 100 });

    expect(await call(sent)).toBe('real');
    expect(after).toHaveBeenCalled();
  });

  test('takes the events for pings that isWarmup says are some', async () => {
    const { call } = lambdaWith({ isWarmup: (sent) => sent === 'ping' });

    expect(await call('ping')).toEqual(answer);
    expect(await call(event)).toBe('real');
  });

  test('names its environment alike for as long as it lives, whichever handler answers', async () => {
    const first = await lambdaWith().call(event);
    expect(await lambdaWith().call(event)).toEqual(first);
  });

  test.each([
    ['for as long as the ping says', 80, 80],
    ['for delayMs where the ping says nothing', undefined, 100],
    ['for delayMs where the ping says what is no time', '80', 100],
    ['for delayMs where the ping asks for too much', 60_000, 100],
    ['not at all where the ping says so', 0, 0],
  ])('holds a ping %s', async (_, holdMs, heldMs) => {
    const { clock, call } = lambdaWith({ delayMs: 100 });
    const ended = vi.fn();
    const warm = call({ ...event, holdMs }).then(ended);
    if (heldMs > 0) await clock.advance(heldMs - 1);
    if (heldMs > 0) expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);
    await warm;
    expect(ended).toHaveBeenCalledWith(answer);
  });

  test.each([
    ['for delayMs', 100, 3_000, 100],
    ['for half of what is left at most', 1_000, 300, 150],
  ])('holds a ping %s', async (_, delayMs, remainingMs, heldMs) => {
    const { clock, call } = lambdaWith({ delayMs }, remainingMs);
    const ended = vi.fn();
    const warm = call(event).then(ended);

    await clock.advance(heldMs - 1);
    expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);
    await warm;
    expect(ended).toHaveBeenCalledWith(answer);
  });

  test('does not hold a ping where no time is left', async () => {
    expect(await lambdaWith({ delayMs: 1_000 }, 0).call(event)).toEqual(answer);
  });

  test('serves a request while it holds a ping whose timer never fires', async () => {
    const { clock, call } = lambdaWith({ delayMs: 100 });
    void call(event);
    await settle();
    expect(clock.pending).toBe(1);

    expect(await call({})).toBe('real');
  });

  test('holds a ping for delayMs where the context does not say what is left', async () => {
    const clock = fakeClock();
    const { before } = warmup({ clock, delayMs: 100 });
    const request = { event, context: undefined, response: undefined, error: undefined };
    const held = before(request);
    await clock.advance(99);
    expect(request).not.toHaveProperty('earlyResponse');
    await clock.advance(1);
    await held;
    expect(request).toHaveProperty('earlyResponse', answer);
  });

  test.each([
    [{ delayMs: 1_001 }, /`delayMs` to be a number of milliseconds from 0 to 1000/],
    [{ delayMs: -1 }, /`delayMs`/],
    [{ isWarmup: true }, /`isWarmup` to be a function/],
    [{ source: 'x' }, /unknown option `source`/],
  ])('refuses bad options when it is constructed: %j', (options, reason) => {
    expect(() => warmup(options as WarmupOptions)).toThrow(reason);
  });
});

import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { untilSignal } from '../../lib/cli/until-signal.ts';
import { fakeClock } from '../../lib/testing/index.ts';

function source() {
  const exits: number[] = [];
  const emitter = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  return { emitter, exits };
}

describe('a command that waits for a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('ends on %s with the exit code of a shell', async (name, code) => {
    const { emitter } = source();
    const ending = untilSignal(emitter, fakeClock());
    expect(ending.signal.aborted).toBe(false);
    emitter.emit(name);
    expect(await ending.code).toBe(code);
    expect(ending.signal.aborted).toBe(true);
  });

  it('takes a signal for the same one for a second, and for impatience afterwards', async () => {
    const { emitter, exits } = source();
    const clock = fakeClock();
    untilSignal(emitter, clock);
    emitter.emit('SIGINT');
    emitter.emit('SIGINT');
    await clock.advance(999);
    emitter.emit('SIGTERM');
    expect(exits).toEqual([]);
    await clock.advance(1);
    emitter.emit('SIGINT');
    expect(exits).toEqual([130]);
  });

  it('listens no longer than it waits', () => {
    const { emitter } = source();
    untilSignal(emitter, fakeClock()).release();
    expect(emitter.eventNames()).toEqual([]);
  });
});

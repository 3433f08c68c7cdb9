import { getEventListeners } from 'node:events';
import * as v from 'valibot';
import { describe, expect, test, vi } from 'vitest';
import { checkFaultOptions, type Fault, faultsOf } from '../../lib/chaos/fault-options.ts';
import { InjectedFaultError } from '../../lib/chaos/faults.ts';
import { classifyError, evidenceOf } from '../../lib/core/classify.ts';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import type { CallContext } from '../../lib/core/execution.ts';
import type { Random } from '../../lib/core/random.ts';
import { validation } from '../../lib/policy/validate.ts';
import { fakeClock, seededRandom, settle } from '../../lib/testing/index.ts';
import { withFaults } from '../support/with-faults.ts';

function start(faults: readonly Fault[], random: Random = seededRandom(1)) {
  const clock = fakeClock();
  const controller = new AbortController();
  const call = vi.fn(async ({ attempt }: CallContext): Promise<unknown> => `answer ${attempt}`);
  const injected = withFaults(faults, call, { clock, random });
  let ended = false;
  const run = () => {
    const outcome = injected({ signal: controller.signal }).catch((error: unknown) => error);
    void outcome.then(() => {
      ended = true;
    });
    return outcome;
  };
  const listeners = () => getEventListeners(controller.signal, 'abort').length;
  return { clock, controller, call, run, listeners, hasEnded: () => ended };
}

/** Draws these numbers, one after the other. */
const drawing = (...numbers: number[]): Random => ({
  next: () => numbers.shift() ?? Number.NaN,
  token: () => 'token',
});

describe('a latency fault', () => {
  test('makes the call later, by its time', async () => {
    const { clock, call, run, listeners } = start([{ kind: 'latency', ms: 500 }]);
    const outcome = run();
    await clock.advance(499);
    expect(call).not.toHaveBeenCalled();

    await clock.advance(1);

    expect(await outcome).toBe('answer 1');
    expect(listeners()).toBe(0);
  });

  test('ends when the signal aborts, and the call is not made', async () => {
    const { clock, controller, call, run, listeners } = start([{ kind: 'latency', ms: 500 }]);
    const outcome = run();
    await clock.advance(499);

    controller.abort('enough');

    expect(await outcome).toBe('enough');
    expect(call).not.toHaveBeenCalled();
    expect(clock.pending).toBe(0);
    expect(listeners()).toBe(0);
  });
});

describe('an error fault', () => {
  test('rejects instead of making the call', async () => {
    const { call, run } = start([{ kind: 'error' }]);

    expect(await run()).toBeInstanceOf(InjectedFaultError);

    expect(call).not.toHaveBeenCalled();
  });

  test.each([
    [undefined, 500, 'transient', 'failed'],
    [429, 429, 'transient', 'failed'],
    [503, 503, 'transient', 'failed'],
    [404, 404, 'permanent', 'answered'],
  ] as const)(
    'of status %s means to the policies what an error of the dependency means',
    async (status, seen, kind, counted) => {
      const { run } = start([{ kind: 'error', ...(status && { status }) }]);

      const error = await run();

      expect(error).toMatchObject({ code: 'INJECTED_FAULT', status: seen });
      expect(classifyError(error)).toBe(kind);
      expect(evidenceOf(error)).toBe(counted);
    },
  );

  test('may be one of your own, which is made anew each time', async () => {
    const { run } = start([{ kind: 'error', error: () => new RangeError('mine') }]);

    const [first, second] = [await run(), await run()];

    expect(first).toEqual(new RangeError('mine'));
    expect(first).not.toBe(second);
  });
});

describe('a hang fault', () => {
  test('ends only when the signal aborts, with its reason, and leaves no listener', async () => {
    const { clock, controller, call, run, listeners, hasEnded } = start([{ kind: 'hang' }]);
    const outcome = run();
    await clock.advance(86_400_000);
    expect(hasEnded()).toBe(false);
    expect(clock.pending).toBe(0);

    controller.abort('enough');

    expect(await outcome).toBe('enough');
    expect(listeners()).toBe(0);
    expect(call).not.toHaveBeenCalled();
  });

  test('rejects at once where the signal has aborted before', async () => {
    const { controller, run, listeners } = start([{ kind: 'hang' }]);
    controller.abort('gone');

    expect(await run()).toBe('gone');

    expect(listeners()).toBe(0);
  });
});

describe('a corrupt fault', () => {
  test('replaces the value after the call', async () => {
    const { call, run } = start([{ kind: 'corrupt' }]);

    expect(await run()).toEqual({ corrupted: 'on purpose' });

    expect(call).toHaveBeenCalledTimes(1);
  });

  test('may make its value of the real one', async () => {
    const { run } = start([{ kind: 'corrupt', with: (value) => `not ${value}` }]);

    expect(await run()).toBe('not answer 1');
  });

  test('leaves the error of a call that fails as it is', async () => {
    const { call, run } = start([{ kind: 'corrupt' }]);
    call.mockRejectedValueOnce('outage');

    expect(await run()).toBe('outage');
  });

  test.each([
    ['an object', v.object({ id: v.number() })],
    ['an array', v.array(v.unknown())],
    ['a text', v.string()],
    ['a number', v.number()],
    ['nothing', v.null()],
    ['an object of nothing else', v.strictObject({})],
  ])('gives a value that a schema of %s refuses', async (_, schema) => {
    const { run } = start([{ kind: 'corrupt' }]);

    await expect(validation<unknown>({ validate: schema }).execute(run)).rejects.toMatchObject({
      code: 'INVALID_ANSWER',
    });
  });
});

describe('the rate of a fault', () => {
  test('decides which attempts meet it, and each attempt draws anew', async () => {
    const { run } = start([{ kind: 'error', error: () => 'error', rate: 0.3 }], drawing(0.29, 0.3, 0.9, 0));

    expect([await run(), await run(), await run(), await run()]).toEqual([
      'error',
      'answer 1',
      'answer 1',
      'error',
    ]);
  });

  test('of 0 means that no attempt meets it, and of 1 that each one does', async () => {
    const never = start([{ kind: 'error', rate: 0 }], drawing(0));
    const always = start([{ kind: 'error', rate: 1 }], drawing(1 - Number.EPSILON));

    expect(await never.run()).toBe('answer 1');
    expect(await always.run()).toBeInstanceOf(InjectedFaultError);
  });

  test('is drawn for each fault of the list, so that the first does not decide which attempts meet the second', async () => {
    const faults: Fault[] = [
      { kind: 'error', error: () => 'first', rate: 0.5 },
      { kind: 'error', error: () => 'second', rate: 0.5 },
    ];
    const { run } = start(faults, drawing(0.1, 0.9, 0.9, 0.1));

    expect([await run(), await run()]).toEqual(['first', 'second']);
  });
});

describe('several faults', () => {
  test('take effect in the order of the list', async () => {
    const faults: Fault[] = [
      { kind: 'latency', ms: 200 },
      { kind: 'error', error: () => 'late' },
    ];
    const { clock, run, hasEnded } = start(faults);
    const outcome = run();
    await clock.advance(199);
    await settle();
    expect(hasEnded()).toBe(false);

    await clock.advance(1);

    expect(await outcome).toBe('late');
  });
});

describe('the options of faults', () => {
  const check = (options: unknown) =>
    checkFaultOptions('posts.faults', options as Parameters<typeof checkFaultOptions>[1]);
  const of = (fault: unknown) => ({ enabled: true, faults: [fault] });

  test.each([[undefined], ['true'], [1]])('are refused where `enabled` is %s', (enabled) => {
    expect(() => check({ enabled, faults: [] })).toThrow(InvalidOptionError);
    expect(() => check({ enabled, faults: [] })).toThrow(/expected `enabled` to be true or false, got/);
  });

  test('are checked where the faults are not enabled, and then give none', () => {
    expect(check({ enabled: false, faults: [{ kind: 'hang' }] })).toEqual([]);
    expect(() => check({ enabled: false, faults: [{ kind: 'latncy' }] })).toThrow(InvalidOptionError);
  });

  test.each<[unknown, RegExp]>([
    [{ enabled: true }, /`faults` to be an array of faults, got undefined/],
    [{ enabled: true, faults: {} }, /`faults` to be an array of faults, got an object/],
    [{ enabled: true, faults: [], rate: 1 }, /unknown option `rate`/],
    [of(null), /faults\[0\]: expected an options object, got null/],
    [of('hang'), /faults\[0\]: expected an options object, got "hang"/],
    [of({ kind: 'latncy', ms: 1 }), /`kind` to be one of latency, error, hang, corrupt, got "latncy"/],
    [of({ kind: '__proto__' }), /`kind` to be one of/],
    [of({ kind: 'latency' }), /`ms` to be a number of milliseconds/],
    [of({ kind: 'latency', ms: 0 }), /`ms` to be a number of milliseconds/],
    [of({ kind: 'hang', ms: 5 }), /unknown option `ms`/],
    [of({ kind: 'error', status: 200 }), /`status` to be an integer from 400 to 599, got 200/],
    [of({ kind: 'error', error: new Error('x') }), /`error` to be a function/],
    [of({ kind: 'corrupt', with: 1 }), /`with` to be a function/],
    [of({ kind: 'hang', rate: 1.1 }), /`rate` to be a fraction from 0 to 1, got 1.1/],
    [of({ kind: 'hang', rate: -0.1 }), /`rate` to be a fraction from 0 to 1, got -0.1/],
    [of({ kind: 'hang', target: 'two words' }), /`target` to be a name/],
  ])('are refused where one is missing, unknown or out of range: %j', (options, message) => {
    expect(() => check(options)).toThrow(InvalidOptionError);
    expect(() => check(options)).toThrow(message);
  });

  test('leave out faults whose target is another policy', () => {
    const all: Fault = { kind: 'hang' };
    const posts: Fault = { kind: 'hang', target: 'posts' };
    const social: Fault = { kind: 'hang', target: 'social' };

    expect(faultsOf([all, posts, social], 'posts')).toEqual([all, posts]);
    expect(faultsOf([all, posts, social], undefined)).toEqual([all]);
  });
});

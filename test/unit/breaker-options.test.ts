import { describe, expect, test } from 'vitest';
import { circuitBreaker } from '../../lib/breaker/local.ts';
import { sharedBreaker } from '../../lib/breaker/shared.ts';
import { InvalidOptionError } from '../../lib/core/errors.ts';
import { resilient } from '../../lib/policy/resilient.ts';
import { memoryStore } from '../../lib/store/memory.ts';

const store = memoryStore();

describe('an option of the other kind of breaker', () => {
  test.each([
    ['windowCalls', { windowCalls: 10 }],
    ['probesToClose', { probesToClose: 3 }],
    ['slowCallRatio', { slowCallMs: 100, slowCallRatio: 0.5 }],
  ])('is refused by sharedBreaker, which names circuitBreaker for `%s`', (option, given) => {
    const make = () => sharedBreaker({ store, name: 'posts', ...given } as never);

    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(`sharedBreaker: \`${option}\` is an option of \`circuitBreaker\``);
  });

  test.each([
    ['store', { store }],
    ['storeTimeoutMs', { storeTimeoutMs: 100 }],
    ['random', { random: { next: () => 0, token: () => '' } }],
  ])('is refused by circuitBreaker, which names sharedBreaker for `%s`', (option, given) => {
    const make = () => circuitBreaker({ name: 'posts', ...given } as never);

    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(`circuitBreaker: \`${option}\` is an option of \`sharedBreaker\``);
  });

  test('is refused in the breaker of a policy too, which names both', () => {
    const make = () => resilient({ name: 'posts', breaker: { store } as never });

    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow('resilient "posts".breaker: `store` is an option of `sharedBreaker`');
  });
});

describe('the options of sharedBreaker', () => {
  test.each<[string, object]>([
    ['`store` to be a store with `add`', { store: undefined }],
    ['`store` to be a store with `add`', { store: {} }],
    ['`name` to be a name', { name: 'a b' }],
    ['`openMs` to be a number of milliseconds', { openMs: 0 }],
    ['`failureRatio` to be a fraction above 0', { failureRatio: 1.5 }],
    ['`failureRatio` to be a fraction above 0 and up to 0.8', { failureRatio: 0.81 }],
    ['`minimumCalls` to be an integer from 1 to 100', { minimumCalls: 101 }],
    ['`windowMs` to be a number of milliseconds from 1 to 3600000', { windowMs: 3_600_001 }],
    ['`slowCallMs` to be a number of milliseconds', { slowCallMs: -1 }],
    ['`storeTimeoutMs` to be a number of milliseconds from 10 to 1000', { storeTimeoutMs: 5 }],
    ['`onEvent` to be a function', { onEvent: 'console' }],
  ])('are refused where one is out of range: expected %s', (expectation, wrong) => {
    const make = () => sharedBreaker({ store, name: 'posts', ...wrong });

    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(`expected ${expectation}`);
  });

  test('are refused where one is unknown', () => {
    expect(() => sharedBreaker({ store, name: 'posts', probes: 3 } as never)).toThrow(
      'sharedBreaker: unknown option `probes`',
    );
  });
});

describe('options that are none', () => {
  test.each([
    ['circuitBreaker', circuitBreaker],
    ['sharedBreaker', sharedBreaker],
  ] as const)('are refused by %s', (name, make) => {
    for (const none of [undefined, null, 'posts']) {
      expect(() => make(none as never)).toThrow(InvalidOptionError);
      expect(() => make(none as never)).toThrow(`${name}: expected an options object`);
    }
  });
});

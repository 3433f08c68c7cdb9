import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readArguments } from '../../lib/cli/idempotency/arguments.ts';
import { isUsageError } from '../../lib/cli/usage.ts';
import { digestWith, recordKey } from '../../lib/idempotency/key.ts';

const SECRET = 'a secret of the function';
const digest = digestWith(undefined);
const RECORD = recordKey('charge', digest('k'));
const CHARGE = ['--operation', 'charge'];

beforeEach(() => {
  vi.stubEnv('FIBRIN_TABLE', 'resilience');
  vi.stubEnv('SECRET', SECRET);
  vi.stubEnv('SHORT', 'short');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the arguments of fibrin idempotency', () => {
  test.each([
    [['k', ...CHARGE], RECORD],
    [[RECORD], RECORD],
    [[RECORD, ...CHARGE], RECORD],
    [['"k"', '--json-key', ...CHARGE], RECORD],
    [[JSON.stringify(RECORD), '--json-key', ...CHARGE], recordKey('charge', digest(RECORD))],
    [[...CHARGE, '--', '-k'], recordKey('charge', digest('-k'))],
    [['""', '--json-key', ...CHARGE], recordKey('charge', digest(''))],
    [
      ['k', '--principal', '', ...CHARGE],
      recordKey('charge', digest({ scope: [['principal', '']], key: 'k' })),
    ],
    [['k', '--hmac-secret-env', 'SECRET', ...CHARGE], recordKey('charge', digestWith(SECRET)('k'))],
  ])('name a record: %j', (args, key) => {
    expect(readArguments(['show', ...args])).toMatchObject({
      ...{ action: 'show', key, operation: 'charge', table: 'resilience', keyAttribute: 'pk' },
    });
  });

  test.each<[readonly string[], RegExp]>([
    [[], /show or release, got "nothing"/],
    [['look', 'k'], /show or release, got "look"/],
    [['show'], /which key/],
    [['show', 'k', 'j', ...CHARGE], /one key/],
    [['show', 'k'], /name the operation/],
    [['show', RECORD.slice(0, -1)], /43 characters/],
    [['show', RECORD, '--operation', 'refund'], /record's key says it all/],
    [['show', RECORD, '--tenant', 'acme'], /record's key says it all/],
    [['show', 'k', '--operation', 'a b'], /--operation: expected a name/],
    [['show', '', ...CHARGE], /the key is empty/],
    [['show', 'k', '--json-key', ...CHARGE], /to be JSON.*got "k"/],
    [['show', 'null', '--json-key', ...CHARGE], /null is no key/],
    [['show', 'k', '--table', '', ...CHARGE], /name the table/],
    [['show', 'k', '--force', ...CHARGE], /--force is for release/],
    [['release', 'k', '--result', ...CHARGE], /--result is for show/],
    [['show', 'k', '--hmac-secret-env', 'SHORT', ...CHARGE], /secret to be text or bytes of 16 or more$/],
    [['show', '-k', ...CHARGE], /Unknown option '-k'/],
  ])('are refused where they do not name one: %j', (args, why) => {
    const refused = expect.objectContaining({ message: expect.stringMatching(why) });
    expect(() => readArguments(args)).toThrow(refused);
    try {
      readArguments(args);
    } catch (error) {
      expect(isUsageError(error)).toBe(true);
    }
  });

  test('do not repeat what could be the secret itself', () => {
    const args = ['show', 'k', '--hmac-secret-env', 'hunter2hunter2hunter2', ...CHARGE];
    expect(() => readArguments(args)).toThrow(/^(?!.*hunter2).*no such environment variable/);
  });
});

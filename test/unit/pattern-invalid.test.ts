import { describe, expect, test } from 'vitest';
import { FibrinError } from '../../lib/core/errors.ts';
import { InvalidPatternError } from '../../lib/local/events/pattern/errors.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

function refusal(pattern: unknown, limits = {}): InvalidPatternError {
  try {
    compilePattern(pattern, limits);
  } catch (error) {
    if (error instanceof InvalidPatternError) return error;
    throw error;
  }
  throw new Error(`Expected ${JSON.stringify(pattern)} to be refused`);
}

const NOT_TEXT_NOR_NUMBER = 'Value of anything-but must be an array or single string/number value.';
const ONE_TYPE =
  'Inside anything but list, either all values are number or string, mixed type is not supported';
const NOT_IN_LIST = 'Inside anything but list, start|null|boolean is not supported.';
const NO_CASE_LIST =
  'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.';
const AFFIX = 'prefix/suffix match pattern must be a string';
const WILDCARD = 'wildcard match pattern must be a string';
const NO_CASE = 'equals-ignore-case match pattern must be a string';
const EXISTS = 'exists match pattern must be either true or false.';
const ONE_KEY = 'Only one key allowed in match expression';
const TOO_MANY = 'Too many elements in numeric expression';
const LIMITS = 'Value must be between -5.0E9 and 5.0E9, inclusive';
const DECIMALS = 'Only values upto 6 decimals are supported';
const VALUE = 'Match value must be String, number, true, false, or null';

describe('a pattern is refused with the reason of EventBridge and the path', () => {
  test.each<[unknown, string, string]>([
    [undefined, '', 'Filter is not an object'],
    [null, '', 'Filter is not an object'],
    ['{"a": ["x"]}', '', 'Filter is not an object'],
    [[{ a: ['x'] }], '', 'Filter is not an object'],
    [{}, '', 'Empty objects are not allowed'],
    [{ detail: {} }, 'detail', 'Empty objects are not allowed'],
    [{ detail: { a: { b: {} } } }, 'detail.a.b', 'Empty objects are not allowed'],
    [{ a: [] }, 'a', 'Empty arrays are not allowed'],
    [{ detail: { a: [] } }, 'detail.a', 'Empty arrays are not allowed'],
    [{ a: 'x' }, 'a', '"a" must be an object or an array'],
    [{ detail: { a: 42 } }, 'detail.a', '"a" must be an object or an array'],
    [{ a: null }, 'a', '"a" must be an object or an array'],
    [{ a: true }, 'a', '"a" must be an object or an array'],
    [{ a: ['x', ['y']] }, 'a[1]', VALUE],
    [{ a: [Number.NaN] }, 'a[0]', VALUE],
    [{ a: [undefined] }, 'a[0]', VALUE],
    [{ a: [{}] }, 'a[0]', 'Match expression name not found'],
    [{ a: [{ regex: 'x' }] }, 'a[0]', 'Unrecognized match type regex'],
    [{ a: [{ EXISTS: true }] }, 'a[0]', 'Unrecognized match type EXISTS'],
    [{ a: [{ b: ['x'] }] }, 'a[0]', 'Unrecognized match type b'],
    [{ a: [{ exactly: 5 }] }, 'a[0].exactly', 'exact match pattern must be a string'],
    [{ a: [{ exactly: 'x', prefix: 'x' }] }, 'a[0]', ONE_KEY],
    [{ a: [{ prefix: 5 }] }, 'a[0].prefix', 'prefix match pattern must be a string'],
    [{ a: [{ prefix: ['x'] }] }, 'a[0].prefix', 'prefix match pattern must be a string'],
    [{ a: [{ prefix: {} }] }, 'a[0].prefix', 'Prefix expression name not found'],
    [{ a: [{ prefix: { suffix: 'x' } }] }, 'a[0].prefix', 'Unsupported prefix pattern: suffix'],
    [{ a: [{ prefix: { 'equals-ignore-case': 5 } }] }, 'a[0].prefix.equals-ignore-case', NO_CASE],
    [{ a: [{ prefix: { 'equals-ignore-case': 'x', b: 1 } }] }, 'a[0].prefix', ONE_KEY],
    [{ a: [{ prefix: 'x', suffix: 'y' }] }, 'a[0]', ONE_KEY],
    [{ a: [{ suffix: null }] }, 'a[0].suffix', 'suffix match pattern must be a string'],
    [{ a: [{ suffix: {} }] }, 'a[0].suffix', 'Suffix expression name not found'],
    [{ a: [{ suffix: { prefix: 'x' } }] }, 'a[0].suffix', 'Unsupported suffix pattern: prefix'],
    [{ a: [{ 'equals-ignore-case': ['x'] }] }, 'a[0].equals-ignore-case', NO_CASE],
    [{ a: [{ 'equals-ignore-case': { prefix: 'x' } }] }, 'a[0].equals-ignore-case', NO_CASE],
    [{ a: [{ wildcard: 5 }] }, 'a[0].wildcard', WILDCARD],
    [{ a: [{ wildcard: ['x'] }] }, 'a[0].wildcard', WILDCARD],
    [{ a: [{ wildcard: '**' }] }, 'a[0].wildcard', 'Consecutive wildcard characters at pos 1'],
    [{ a: [{ wildcard: 'é-**' }] }, 'a[0].wildcard', 'Consecutive wildcard characters at pos 4'],
    [{ a: [{ wildcard: 'a\\b' }] }, 'a[0].wildcard', 'Invalid escape character at pos 2'],
    [{ a: [{ wildcard: 'ab\\' }] }, 'a[0].wildcard', 'Invalid escape character at pos 3'],
    [{ a: [{ exists: 'true' }] }, 'a[0].exists', EXISTS],
    [{ a: [{ exists: 1 }] }, 'a[0].exists', EXISTS],
    [{ a: [{ exists: true, prefix: 'x' }] }, 'a[0]', ONE_KEY],
    [{ a: [{ 'anything-but': null }] }, 'a[0].anything-but', NOT_TEXT_NOR_NUMBER],
    [{ a: [{ 'anything-but': true }] }, 'a[0].anything-but', NOT_TEXT_NOR_NUMBER],
    [{ a: [{ 'anything-but': [] }] }, 'a[0].anything-but', ONE_TYPE],
    [{ a: [{ 'anything-but': ['x', 5] }] }, 'a[0].anything-but', ONE_TYPE],
    [{ a: [{ 'anything-but': ['x', null] }] }, 'a[0].anything-but[1]', NOT_IN_LIST],
    [{ a: [{ 'anything-but': [true] }] }, 'a[0].anything-but[0]', NOT_IN_LIST],
    [{ a: [{ 'anything-but': [{ wildcard: '*' }] }] }, 'a[0].anything-but[0]', NOT_IN_LIST],
    [{ a: [{ 'anything-but': [6e9] }] }, 'a[0].anything-but[0]', LIMITS],
    [{ a: [{ 'anything-but': 0.1234567 }] }, 'a[0].anything-but[0]', DECIMALS],
    [{ a: [{ 'anything-but': {} }] }, 'a[0].anything-but', 'Anything-But expression name not found'],
    [
      { a: [{ 'anything-but': { cidr: 'x' } }] },
      'a[0].anything-but',
      'Unsupported anything-but pattern: cidr',
    ],
    [{ a: [{ 'anything-but': { prefix: 5 } }] }, 'a[0].anything-but.prefix', AFFIX],
    [
      { a: [{ 'anything-but': { prefix: '' } }] },
      'a[0].anything-but.prefix',
      'Null prefix/suffix not allowed',
    ],
    [
      { a: [{ 'anything-but': { suffix: ['x', ''] } }] },
      'a[0].anything-but.suffix[1]',
      'Null prefix/suffix not allowed',
    ],
    [{ a: [{ 'anything-but': { suffix: [5, 'x'] } }] }, 'a[0].anything-but.suffix[0]', AFFIX],
    [{ a: [{ 'anything-but': { suffix: [] } }] }, 'a[0].anything-but.suffix', 'Empty arrays are not allowed'],
    [
      { a: [{ 'anything-but': { suffix: { 'equals-ignore-case': 'x' } } }] },
      'a[0].anything-but.suffix',
      NOT_TEXT_NOR_NUMBER,
    ],
    [
      { a: [{ 'anything-but': { 'equals-ignore-case': 5 } }] },
      'a[0].anything-but.equals-ignore-case',
      NO_CASE_LIST,
    ],
    [
      { a: [{ 'anything-but': { 'equals-ignore-case': [5] } }] },
      'a[0].anything-but.equals-ignore-case[0]',
      NO_CASE_LIST,
    ],
    [{ a: [{ 'anything-but': { wildcard: 5 } }] }, 'a[0].anything-but.wildcard', WILDCARD],
    [{ a: [{ 'anything-but': { wildcard: [5] } }] }, 'a[0].anything-but.wildcard[0]', WILDCARD],
    [
      { a: [{ 'anything-but': { wildcard: ['a', '**'] } }] },
      'a[0].anything-but.wildcard[1]',
      'Consecutive wildcard characters at pos 1',
    ],
    [{ a: [{ 'anything-but': { prefix: 'x', suffix: 'y' } }] }, 'a[0].anything-but', TOO_MANY],
    [{ a: [{ 'anything-but': 'x', prefix: 'y' }] }, 'a[0]', TOO_MANY],
    [{ a: [{ numeric: 5 }] }, 'a[0].numeric', 'Value of numeric must be an array.'],
    [{ a: [{ numeric: [] }] }, 'a[0].numeric[0]', 'Invalid member in numeric match: ]'],
    [{ a: [{ numeric: [5] }] }, 'a[0].numeric[0]', 'Invalid member in numeric match: 5'],
    [{ a: [{ numeric: ['!=', 5] }] }, 'a[0].numeric[0]', 'Unrecognized numeric range operator: !='],
    [{ a: [{ numeric: ['=', '5'] }] }, 'a[0].numeric[1]', 'Value of equals must be numeric'],
    [{ a: [{ numeric: ['='] }] }, 'a[0].numeric[1]', 'Value of equals must be numeric'],
    [{ a: [{ numeric: ['>=', null] }] }, 'a[0].numeric[1]', 'Value of >= must be numeric'],
    [{ a: [{ numeric: ['=', 5, '<', 6] }] }, 'a[0].numeric', TOO_MANY],
    [{ a: [{ numeric: ['<', 5, '>', 1] }] }, 'a[0].numeric', TOO_MANY],
    [{ a: [{ numeric: ['>', 0, 5] }] }, 'a[0].numeric[2]', 'Bad value in numeric range: 5'],
    [{ a: [{ numeric: ['>', 0, [5]] }] }, 'a[0].numeric[2]', 'Bad value in numeric range: ['],
    [{ a: [{ numeric: ['>', 0, '>', 5] }] }, 'a[0].numeric[2]', 'Bad numeric range operator: >'],
    [{ a: [{ numeric: ['>', 0, '<'] }] }, 'a[0].numeric[3]', 'Value of < must be numeric'],
    [
      { a: [{ numeric: ['>', 0, '<', 5, '<', 6] }] },
      'a[0].numeric',
      'Too many terms in numeric range expression',
    ],
    [{ a: [{ numeric: ['>', 5, '<', 5] }] }, 'a[0].numeric', 'Bottom must be less than top'],
    [{ a: [{ numeric: ['>=', 5, '<=', 4] }] }, 'a[0].numeric', 'Bottom must be less than top'],
    [{ a: [{ numeric: ['<', -5e9] }] }, 'a[0].numeric', 'Bottom must be less than top'],
    [{ a: [{ numeric: ['>', 5_000_000_000.5] }] }, 'a[0].numeric[1]', LIMITS],
    [{ a: [{ numeric: ['=', -6e9] }] }, 'a[0].numeric[1]', LIMITS],
    [{ a: [{ numeric: ['>', 0, '<', 0.0000001] }] }, 'a[0].numeric[3]', DECIMALS],
    [{ a: [{ numeric: ['=', 5], exists: true }] }, 'a[0]', TOO_MANY],
    [{ a: [{ cidr: ['10.0.0.0/24'] }] }, 'a[0].cidr', 'prefix match pattern must be a string'],
    [{ a: [{ cidr: '10.0.0.0' }] }, 'a[0].cidr', "Malformed CIDR, one '/' required"],
    [{ a: [{ cidr: '10.0.0.0/' }] }, 'a[0].cidr', "Malformed CIDR, one '/' required"],
    [{ a: [{ cidr: '10.0.0.0/8/8' }] }, 'a[0].cidr', "Malformed CIDR, one '/' required"],
    [{ a: [{ cidr: '10.0.0.0/x' }] }, 'a[0].cidr', 'Malformed CIDR, mask bits must be an integer'],
    [{ a: [{ cidr: '10.0.0.0/2.5' }] }, 'a[0].cidr', 'Malformed CIDR, mask bits must be an integer'],
    [{ a: [{ cidr: '10.0.0.0/-1' }] }, 'a[0].cidr', 'Malformed CIDR, mask bits must not be negative'],
    [{ a: [{ cidr: '10.0.0.0/32' }] }, 'a[0].cidr', 'IPv4 mask bits must be < 32'],
    [{ a: [{ cidr: '2001:db8::/128' }] }, 'a[0].cidr', 'IPv6 mask bits must be < 128'],
    [{ a: [{ cidr: 'xx.11.xx/8' }] }, 'a[0].cidr', 'Nonstandard IP address: xx.11.xx'],
    [{ a: [{ cidr: '10.0.0.256/8' }] }, 'a[0].cidr', 'Invalid IP address: 10.0.0.256'],
    [{ a: [{ cidr: '2001::db8::1/8' }] }, 'a[0].cidr', 'Invalid IP address: 2001::db8::1'],
    [{ $or: [] }, '$or', 'There must have at least 2 Objects in $or relationship.'],
    [{ $or: [{ a: ['x'] }] }, '$or', 'There must have at least 2 Objects in $or relationship.'],
    [{ $or: 'x' }, '$or', 'It must be an Array followed with $or.'],
    [{ $or: [{ a: ['x'] }, ['y']] }, '$or[1]', 'Only JSON object is allowed in array of $or relationship.'],
    [{ $or: [{ a: ['x'] }, {}] }, '$or[1]', 'Empty objects are not allowed'],
    [{ $or: [{ a: ['x'] }, { b: [] }] }, '$or[1].b', 'Empty arrays are not allowed'],
    [{ d: { $or: [{ a: ['x'] }, { b: { c: 5 } }] } }, 'd.$or[1].b.c', '"c" must be an object or an array'],
    [
      { $or: [{ a: ['x'] }, { b: { prefix: ['y'] } }] },
      '$or[1].b.prefix',
      'prefix is Ruler reserved fieldName which cannot be used inside $or.',
    ],
    [
      { $or: [{ numeric: 123 }, { prefix: 'abc' }] },
      '$or[0].numeric',
      'numeric is Ruler reserved fieldName which cannot be used inside $or.',
    ],
  ])('%j', (pattern, path, reason) => {
    const error = refusal(pattern);
    expect(error.reason).toBe(reason);
    expect(error.path).toBe(path);
    expect(error.message).toContain(
      `Event pattern is not valid. Reason: ${reason.replace(/\.$/, '')}. Expected`,
    );
  });
});

describe('a refusal', () => {
  test('is an error of the toolkit with a code of its own', () => {
    const error = refusal({});
    expect(error).toBeInstanceOf(FibrinError);
    expect(error.code).toBe('INVALID_PATTERN');
    expect(error.name).toBe('InvalidPatternError');
    expect(error.retryable).toBe(false);
  });

  test('names the path, what is expected and the value', () => {
    expect(refusal({ detail: { state: [{ exists: 'false' }] } }).message).toBe(
      'Event pattern is not valid. Reason: exists match pattern must be either true or false. ' +
        'Expected `detail.state[0].exists` to be true or false, got "false"',
    );
  });

  test('keeps a long value short', () => {
    expect(refusal({ a: 'x'.repeat(1_000) }).message.length).toBeLessThan(250);
  });
});

describe('the size of a pattern', () => {
  const sized = (length: number) => ({ a: ['x'.repeat(length - '{"a":[""]}'.length)] });

  test('is at most 2048 characters of JSON, unless the quota is raised', () => {
    expect(() => compilePattern(sized(2_048))).not.toThrow();
    expect(refusal(sized(2_049)).reason).toBe(
      'Event pattern size is 2049 characters, which is more than 2048',
    );
    expect(() => compilePattern(sized(4_096), { maxCharacters: 4_096 })).not.toThrow();
    expect(refusal(sized(4_097), { maxCharacters: 4_096 }).reason).toContain('4097');
  });

  test('cannot be allowed to be more than 4096', () => {
    expect(() => compilePattern(sized(100), { maxCharacters: 4_097 })).toThrow('`maxCharacters`');
  });

  test('is that of JSON: what JSON cannot hold is refused', () => {
    const cycle: Record<string, unknown> = {};
    cycle['a'] = cycle;
    expect(refusal(cycle).reason).toBe('Filter is not valid JSON');
    expect(refusal({ a: [1n] }).reason).toBe('Filter is not valid JSON');
  });

  test('is at most 256 fields', () => {
    const fields = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, [1]]));
    expect(() => compilePattern(fields(256), { maxCharacters: 4_096 })).not.toThrow();
    expect(refusal(fields(257), { maxCharacters: 4_096 }).reason).toBe(
      'Size of rule exceeds max value of 256',
    );
  });

  test('is at most 1000 combinations of what $or lets one choose', () => {
    const or = (size: number) => ({ $or: Array.from({ length: size }, (_, value) => ({ a: [value] })) });
    expect(() => compilePattern({ a: or(10), b: or(10), c: or(10) })).not.toThrow();
    const reason = 'Event pattern results in over 1000 rule combinations';
    expect(refusal({ a: or(10), b: or(10), c: or(11) }).reason).toBe(reason);
    expect(refusal({ $or: Array.from({ length: 8 }, () => or(2)), b: or(8) }).reason).toBe(reason);
  });
});

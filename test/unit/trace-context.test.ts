import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraceContext } from '../../lib/telemetry/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;
const ZEROS = (length: number) => '0'.repeat(length);

const sentOn = (...traceparents: readonly unknown[]) => readTraceContext(traceparents, [])?.traceparent;
const stateOf = (...tracestates: readonly unknown[]) =>
  readTraceContext([TRACEPARENT], tracestates)?.tracestate;

const SYSTEM = 's'.repeat(14);

const members = (amount: number, length: number) =>
  Array.from({ length: amount }, (_, n) => `k${n}=`.padEnd(length, 'v'));

describe('traceparent', () => {
  it.each([
    ['of version 00', TRACEPARENT, TRACEPARENT],
    ['of version 00 that is not sampled', `00-${TRACE}-${PARENT}-00`, `00-${TRACE}-${PARENT}-00`],
    ['of version 00 with flags that are not defined', `00-${TRACE}-${PARENT}-ff`, `00-${TRACE}-${PARENT}-ff`],
    ['with spaces and tabs around it', ` \t${TRACEPARENT}\t `, TRACEPARENT],
  ])('is sent on as it came: %s', (_, sent, expected) => {
    expect(sentOn(sent)).toBe(expected);
    expect(readTraceContext([sent], [])?.traceId).toBe(TRACE);
  });

  it.each([
    ['01', ''],
    ['cc', ''],
    ['fe', ''],
    ['cc', '-what-the-future-will-be-like'],
    ['cc', '-'],
  ])('of the higher version %s with %j behind it is sent on as version 00', (version, more) => {
    expect(sentOn(`${version}-${TRACE}-${PARENT}-01${more}`)).toBe(TRACEPARENT);
    // Of the flags, version 00 knows the last bit.
    expect(sentOn(`${version}-${TRACE}-${PARENT}-ff${more}`)).toBe(TRACEPARENT);
    expect(sentOn(`${version}-${TRACE}-${PARENT}-fe${more}`)).toBe(`00-${TRACE}-${PARENT}-00`);
  });

  it.each<[string, unknown]>([
    ['of version ff', `ff-${TRACE}-${PARENT}-01`],
    ['of a version in capitals', `CC-${TRACE}-${PARENT}-01`],
    ['of a version of one digit', `0-${TRACE}-${PARENT}-01`],
    ['of a version of three digits', `000-${TRACE}-${PARENT}-01`],
    ['of a version that is no number', `.0-${TRACE}-${PARENT}-01`],
    ['with a trace id of zeros', `00-${ZEROS(32)}-${PARENT}-01`],
    ['with a parent id of zeros', `00-${TRACE}-${ZEROS(16)}-01`],
    ['of a higher version with a trace id of zeros', `01-${ZEROS(32)}-${PARENT}-01`],
    ['of a higher version with a parent id of zeros', `01-${TRACE}-${ZEROS(16)}-01`],
    ['with a trace id in capitals', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['with a parent id in capitals', `00-${TRACE}-${PARENT.toUpperCase()}-01`],
    ['with flags in capitals', `00-${TRACE}-${PARENT}-0A`],
    ['of a higher version in capitals', `01-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['with a short trace id', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['with a long parent id', `00-${TRACE}-${PARENT}0-01`],
    ['with flags of one digit', `00-${TRACE}-${PARENT}-1`],
    ['with flags of three digits', `00-${TRACE}-${PARENT}-001`],
    ['of version 00 with a fifth field', `${TRACEPARENT}-00`],
    ['of version 00 with an empty fifth field', `${TRACEPARENT}-`],
    ['of version 00 with more behind it', `${TRACEPARENT}.`],
    ['of a higher version with more behind the flags than a field', `cc-${TRACE}-${PARENT}-01.what`],
    ['of a higher version without flags', `cc-${TRACE}-${PARENT}`],
    ['with a space in it', `00-${TRACE} -${PARENT}-01`],
    ['with a line break behind it', `${TRACEPARENT}\n`],
    ['with a line break behind a higher version', `cc-${TRACE}-${PARENT}-01-x\n`],
    ['that is empty', ''],
    ['that is a number', 7],
  ])('is not sent on: %s', (_, sent) => {
    expect(readTraceContext([sent], ['a=1'])).toBeUndefined();
  });

  it('is not sent on where it came twice, or not at all', () => {
    expect(sentOn(TRACEPARENT, TRACEPARENT)).toBeUndefined();
    expect(sentOn(`${TRACEPARENT},${TRACEPARENT}`)).toBeUndefined();
    expect(sentOn()).toBeUndefined();
  });

  it('is version 00 or not sent on, whatever came', () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdefA-. '), maxLength: 60 });
    const nearly = fc
      .tuple(fc.constantFrom('00', '01', 'ff', 'fe'), fc.constantFrom('', '-x', '\n', '-\u{1f600}'))
      .map(([version, more]) => `${version}-${TRACE}-${PARENT}-01${more}`);
    fc.assert(
      fc.property(fc.oneof(hex, nearly, fc.anything()), (each) => {
        expect(sentOn(each) ?? TRACEPARENT).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
      }),
    );
  });
});

describe('tracestate', () => {
  it.each<[string, readonly string[], string]>([
    ['one member', ['congo=t61rcWkgMzE'], 'congo=t61rcWkgMzE'],
    ['a member of a tenant', ['1a-_*/@s-_*/0=v'], '1a-_*/@s-_*/0=v'],
    [
      'every character of a value',
      ['a= !"#$%&\'()*+-./:;<>?@[\\]^_`{|}~'],
      'a= !"#$%&\'()*+-./:;<>?@[\\]^_`{|}~',
    ],
    ['several members in their order', ['b=1,a=2,c=3'], 'b=1,a=2,c=3'],
    ['several headers as one list', ['a=1,b=2', 'c=3'], 'a=1,b=2,c=3'],
    ['members without the spaces and tabs around them', [' a=1 \t,\t b=2 '], 'a=1,b=2'],
    ['members without the empty ones between them', ['a=1,, ,b=2', ''], 'a=1,b=2'],
    ['a key of two members, which their systems can read', ['a=1,a=2'], 'a=1,a=2'],
    ['a key of 256 characters', [`${'k'.repeat(256)}=1`], `${'k'.repeat(256)}=1`],
    ['a tenant of 241 characters', [`${'t'.repeat(241)}@${SYSTEM}=1`], `${'t'.repeat(241)}@${SYSTEM}=1`],
    ['a value of 256 characters', [`a=${'v'.repeat(256)}`], `a=${'v'.repeat(256)}`],
    ['32 members', [members(32, 10).join()], members(32, 10).join()],
    [
      '512 characters',
      [`${members(4, 102).join()},${'k='.padEnd(100, 'v')}`],
      `${members(4, 102).join()},${'k='.padEnd(100, 'v')}`,
    ],
  ])('is sent on: %s', (_, sent, expected) => {
    expect(stateOf(...sent)).toBe(expected);
  });

  it.each<[string, readonly unknown[]]>([
    ['no header', []],
    ['an empty header', ['']],
    ['only empty members', [' ,\t,']],
    ['33 members', [members(33, 10).join()]],
    ['33 members in two headers', [members(32, 10).join(), 'z=1']],
    ['a member without a value', ['a=1,b=']],
    ['a member without "="', ['a=1,b']],
    ['a member with two "="', ['a=1=2']],
    ['a key in capitals', ['a=1,FOO=2']],
    ['a key with a dot', ['foo.bar=1']],
    ['a key that begins with a digit', ['1a=1']],
    ['a space behind a key', ['foo =1']],
    ['a key of 257 characters', [`${'k'.repeat(257)}=1`]],
    ['a tenant without a system', ['foo@=1,bar=2']],
    ['a system without a tenant', ['@foo=1']],
    ['two systems', ['foo@bar@baz=1']],
    ['a tenant of 242 characters', [`${'t'.repeat(242)}@v=1`]],
    ['a system of 15 characters', [`t@${'v'.repeat(15)}=1`]],
    ['a value of 257 characters', [`a=${'v'.repeat(257)}`]],
    ['a value outside ASCII', ['a=ü']],
    ['a value with a line break', ['a=1\nb']],
    ['a header that is no text', [7]],
  ])('is dropped, and traceparent is not: %s', (_, sent) => {
    expect(readTraceContext([TRACEPARENT], sent)).toEqual({
      ...{ traceId: TRACE, traceparent: TRACEPARENT, tracestate: undefined },
    });
  });

  it('loses whole members beyond 512 characters, the last of the long ones first', () => {
    const [a, b] = ['a='.padEnd(129, 'v'), 'b='.padEnd(200, 'v')];
    const short = members(3, 120);
    expect(stateOf([a, short[0], b, short[1]].join())).toBe([a, short[0], short[1]].join());
    expect(stateOf([...members(6, 100), 'z=1'].join())).toBe(members(5, 100).join());
    expect(stateOf(['b='.padEnd(258, 'v'), ...members(5, 100)].join())).toBe(members(5, 100).join());
  });

  it('is read in linear time, whatever a client sends', () => {
    const spaces = ' '.repeat(200_000);
    expect(stateOf(`a=1${spaces}b`)).toBeUndefined();
    expect(sentOn(`${spaces}x${spaces}x`)).toBeUndefined();
  });

  it('is valid or dropped, whatever came', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab1=,@ \t.A') });
    fc.assert(
      fc.property(fc.array(fc.oneof(text, fc.anything())), (sent) => {
        const state = stateOf(...sent) ?? 'a=1';
        expect(state).toMatch(/^[a-z0-9@]+=[\x20-\x7e]*[^ ](,[a-z0-9@]+=[\x20-\x7e]*[^ ])*$/);
        expect(state.length).toBeLessThanOrEqual(512);
      }),
    );
  });
});

import type { Json } from '../events/calls.ts';
import { OPERATORS, PATTERNS } from './pages.ts';

/** A part of an event: what is not of its detail is put beside. */
export interface Part {
  readonly detail?: Json;
  readonly type?: string;
  readonly time?: number;
  readonly resources?: readonly string[];
}

export interface PatternCase {
  /** The name of the rule, and the source of its events. */
  readonly key: string;
  readonly title: string;
  readonly page: string;
  /** Beside the source. */
  readonly pattern: Json;
  readonly matches: readonly Part[];
  readonly others: readonly Part[];
}

const values = (name: string, list: readonly unknown[]): readonly Part[] =>
  list.map((value) => ({ detail: { [name]: value } }));

/** A pattern for one field of the detail. */
const field = (
  key: string,
  title: string,
  pattern: unknown,
  matches: readonly unknown[],
  others: readonly unknown[],
  page = OPERATORS,
): PatternCase => ({
  ...{ key, title, page, pattern: { detail: { f: [pattern].flat() } } },
  ...{ matches: values('f', matches), others: values('f', others) },
});

const whole = (
  key: string,
  title: string,
  pattern: Json,
  matches: readonly Part[],
  others: readonly Part[],
  page = PATTERNS,
): PatternCase => ({ key, title, page, pattern, matches, others });

const FIELDS: readonly PatternCase[] = [
  field(
    'equal',
    'a text matches itself, character by character',
    'red',
    ['red'],
    ['Red', 'red ', 'redder'],
    PATTERNS,
  ),
  field('one-of', 'one of several values is enough', ['red', 'blue'], ['red', 'blue'], ['green'], PATTERNS),
  field('empty', 'an empty text matches an empty text', '', [''], [' ', null]),
  field('null', 'null matches null and nothing else', null, [null], ['', 'null', 0]),
  field('number', 'a number matches numbers of the same value', 10, [10, 10.0, 1e1], ['10', 11], PATTERNS),
  field('boolean', 'true matches true, not a text', true, [true], [false, 'true'], PATTERNS),
  field(
    'prefix',
    'prefix matches the beginning of a text',
    { prefix: 'us-' },
    ['us-', 'us-east-1'],
    ['eu-us-', 'US-east'],
  ),
  field(
    'prefix-case',
    'prefix may ignore the case',
    { prefix: { 'equals-ignore-case': 'EventB' } },
    ['eventbridge', 'EVENTBUS'],
    ['event', 'aeventb'],
  ),
  field(
    'suffix',
    'suffix matches the end of a text',
    { suffix: '.png' },
    ['.png', 'a.png'],
    ['a.png ', 'a.PNG'],
  ),
  field(
    'suffix-case',
    'suffix may ignore the case',
    { suffix: { 'equals-ignore-case': '.png' } },
    ['a.PNG', 'a.Png'],
    ['png', 'a.pn'],
  ),
  field(
    'not',
    'anything-but matches every other text',
    { 'anything-but': 'initializing' },
    ['running', ''],
    ['initializing'],
  ),
  field('not-number', 'anything-but matches every other number', { 'anything-but': 123 }, [124, 0], [123]),
  field(
    'not-list',
    'anything-but takes a list of texts',
    { 'anything-but': ['stopped', 'overloaded'] },
    ['running'],
    ['stopped', 'overloaded'],
  ),
  field(
    'not-numbers',
    'anything-but takes a list of numbers',
    { 'anything-but': [100, 200] },
    [150],
    [100, 200],
  ),
  field(
    'not-prefix',
    'anything-but takes a prefix',
    { 'anything-but': { prefix: 'init' } },
    ['running', 'in'],
    ['init', 'initial'],
  ),
  field(
    'not-prefixes',
    'anything-but takes a list of prefixes',
    { 'anything-but': { prefix: ['init', 'stop'] } },
    ['running'],
    ['initial', 'stopped'],
  ),
  field(
    'not-suffix',
    'anything-but takes a suffix',
    { 'anything-but': { suffix: '.png' } },
    ['a.txt'],
    ['a.png'],
  ),
  field(
    'not-suffixes',
    'anything-but takes a list of suffixes',
    { 'anything-but': { suffix: ['.png', '.jpg'] } },
    ['a.txt'],
    ['a.png', 'a.jpg'],
  ),
  field(
    'not-case',
    'anything-but may ignore the case',
    { 'anything-but': { 'equals-ignore-case': 'initializing' } },
    ['running'],
    ['INITIALIZING', 'initializing'],
  ),
  field(
    'not-cases',
    'anything-but takes a list whose case is ignored',
    { 'anything-but': { 'equals-ignore-case': ['a', 'b'] } },
    ['c'],
    ['A', 'b'],
  ),
  field(
    'not-wildcard',
    'anything-but takes a wildcard',
    { 'anything-but': { wildcard: '*/lib/*' } },
    ['/usr/bin/a'],
    ['/usr/lib/a'],
  ),
  field(
    'numeric-range',
    'numeric compares with two limits',
    { numeric: ['>', 0, '<=', 5] },
    [0.1, 5],
    [0, 5.1, '3'],
  ),
  field('numeric-less', 'numeric compares with one limit', { numeric: ['<', 10] }, [9.99, -5], [10, 11]),
  field('numeric-least', 'numeric takes limits that are included', { numeric: ['>=', 10] }, [10, 11], [9.99]),
  field(
    'numeric-equal',
    'numeric compares for equality',
    { numeric: ['=', 301.8] },
    [301.8, 3.018e2],
    [301, '301.8'],
  ),
  field(
    'cidr',
    'cidr matches addresses of a network',
    { cidr: '10.0.0.0/24' },
    ['10.0.0.0', '10.0.0.255'],
    ['10.0.1.0', 'text'],
  ),
  field(
    'cidr-6',
    'cidr matches addresses of IPv6',
    { cidr: '2001:db8::/32' },
    ['2001:db8::1', '2001:0db8:ffff::'],
    ['2001:db9::1'],
  ),
  field(
    'case',
    'equals-ignore-case ignores the case',
    { 'equals-ignore-case': 'alice' },
    ['Alice', 'ALICE'],
    ['alic'],
  ),
  field(
    'wildcard',
    'a wildcard stands for any characters',
    { wildcard: 'dir/*/file.*' },
    ['dir/a/b/file.txt', 'dir//file.'],
    ['dir/file.txt', 'a/dir/x/file.txt'],
  ),
  field(
    'wildcard-star',
    'a wildcard that is escaped is a star',
    { wildcard: 'a\\*b*' },
    ['a*b', 'a*bc'],
    ['axb'],
  ),
  field(
    'several',
    'different comparisons of a field are alternatives',
    [{ prefix: 'a' }, { suffix: 'z' }, 5],
    ['ab', 'xz', 5],
    ['b', 6],
  ),
  field(
    'array',
    'a list in the event matches with one of its elements',
    ['red'],
    [['blue', 'red'], ['red']],
    [['blue'], []],
    PATTERNS,
  ),
  field(
    'array-prefix',
    'a comparison looks at each element of a list',
    { prefix: 're' },
    [['blue', 'red']],
    [['blue']],
    PATTERNS,
  ),
];

const detail = (value: Json): Part => ({ detail: value });

const WHOLE: readonly PatternCase[] = [
  whole(
    'exists',
    'exists true matches a field that is there',
    { detail: { f: [{ exists: true }] } },
    [detail({ f: 1 }), detail({ f: null }), detail({ f: '' })],
    [detail({ g: 1 })],
    OPERATORS,
  ),
  whole(
    'exists-not',
    'exists false matches where a field is not there',
    { detail: { f: [{ exists: false }] } },
    [detail({ g: 1 })],
    [detail({ f: 1 })],
    OPERATORS,
  ),
  whole(
    'exists-leaf',
    'exists looks at leaves, not at what is between',
    { detail: { f: [{ exists: false }] } },
    [detail({ f: { g: 1 } })],
    [detail({ f: 'g' })],
    OPERATORS,
  ),
  whole(
    'and',
    'every field of a pattern must match',
    { detail: { a: ['1'], b: ['2'] } },
    [detail({ a: '1', b: '2' })],
    [detail({ a: '1' }), detail({ a: '1', b: '3' })],
  ),
  whole(
    'extra',
    'fields that a pattern does not name do not matter',
    { detail: { a: ['1'] } },
    [detail({ a: '1', z: { y: [1] } })],
    [detail({ z: '1' })],
  ),
  whole(
    'nested',
    'a pattern looks into objects',
    { detail: { a: { b: { c: [1] } } } },
    [detail({ a: { b: { c: 1, d: 2 } } })],
    [detail({ a: { b: { d: 1 } } }), detail({ b: { c: 1 } })],
  ),
  whole(
    'array-objects',
    'a pattern looks into the objects of a list',
    { detail: { a: { b: ['x'] } } },
    [detail({ a: [{ b: 'y' }, { b: 'x' }] })],
    [detail({ a: [{ b: 'y' }] })],
  ),
  whole(
    'absent',
    'anything-but does not match a field that is not there',
    { detail: { f: [{ 'anything-but': 'x' }] } },
    [detail({ f: 'y' })],
    [detail({ g: 'y' })],
    OPERATORS,
  ),
  whole(
    'or',
    '$or matches with one of several fields',
    { detail: { $or: [{ a: ['1'] }, { b: ['2'] }] } },
    [detail({ a: '1' }), detail({ b: '2', a: '0' })],
    [detail({ a: '2', b: '1' })],
    OPERATORS,
  ),
  whole(
    'or-and',
    '$or stands beside other fields',
    { detail: { c: ['3'], $or: [{ a: ['1'] }, { b: [{ numeric: ['>', 5] }] }] } },
    [detail({ c: '3', b: 6 })],
    [detail({ b: 6 }), detail({ c: '3', b: 5 })],
    OPERATORS,
  ),
  whole(
    'complex',
    'comparisons of several fields are combined',
    {
      detail: {
        state: [{ 'anything-but': 'initializing' }],
        count: [{ numeric: ['>', 0, '<=', 5] }],
        limit: [{ 'anything-but': [100, 200] }],
      },
    },
    [detail({ state: 'on', count: 5, limit: 150 })],
    [detail({ state: 'on', count: 6, limit: 150 }), detail({ state: 'on', count: 5, limit: 100 })],
    OPERATORS,
  ),
  whole(
    'type',
    'a pattern may name the detail-type',
    { 'detail-type': ['Order Placed'] },
    [{ type: 'Order Placed' }],
    [{ type: 'order placed' }],
  ),
  whole(
    'resources',
    'a pattern looks into the resources',
    { resources: [{ prefix: 'arn:aws:s3:::' }] },
    [{ resources: ['a', 'arn:aws:s3:::b'] }],
    [{ resources: ['a'] }, { resources: [] }],
  ),
  whole(
    'time',
    'a pattern looks at the time',
    { time: [{ prefix: '2017-10-02' }] },
    [{ time: 1_506_969_828 }],
    [{ time: 1_507_069_828 }],
    OPERATORS,
  ),
];

export const PATTERN_TABLE: readonly PatternCase[] = [...FIELDS, ...WHOLE];

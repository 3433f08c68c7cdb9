import { describe, expect, test } from 'vitest';
import { matches } from '../../lib/local/events/pattern/match.ts';
import { compilePattern } from '../../lib/local/events/pattern/parse.ts';

const holds = (condition: unknown, value: unknown): boolean =>
  matches(compilePattern({ field: [condition] }), { field: value });

describe('cidr', () => {
  test.each<[string, unknown, boolean]>([
    ['10.0.0.0/24', '10.0.0.0', true],
    ['10.0.0.0/24', '10.0.0.255', true],
    ['10.0.0.0/24', '10.0.1.0', false],
    ['10.0.0.0/24', '9.255.255.255', false],
    ['10.0.0.77/24', '10.0.0.1', true],
    ['10.0.0.77/31', '10.0.0.76', true],
    ['10.0.0.77/31', '10.0.0.78', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['128.0.0.0/1', '127.255.255.255', false],
    ['192.168.0.0/17', '192.168.127.1', true],
    ['192.168.0.0/17', '192.168.128.1', false],
    ['10.0.0.0/24', '010.000.0.5', true],
    ['10.0.0.0/24', '10.0.0', false],
    ['10.0.0.0/24', '10.0.0.256', false],
    ['10.0.0.0/24', '10.0.0.5 ', false],
    ['10.0.0.0/24', 'localhost', false],
    ['10.0.0.0/24', '', false],
    ['10.0.0.0/24', 10, false],
    ['10.0.0.0/24', null, false],
    ['10.0.0.0/24/', '10.0.0.1', true],
    ['10.0.0.0/+24', '10.0.0.1', true],
    ['2001:db8::/32', '2001:db8::1', true],
    ['2001:db8::/32', '2001:DB8:ffff:ffff:ffff:ffff:ffff:ffff', true],
    ['2001:db8::/32', '2001:db9::', false],
    ['2001:db8::7f/122', '2001:db8::40', true],
    ['2001:db8::7f/122', '2001:db8::80', false],
    ['::/0', '1::', true],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', '::1', false],
    ['2001:db8::/32', '2001:db8', false],
    ['2001:db8::/32', '2001:db8::1::2', false],
    ['2001:db8::/32', '2001:db8:1:2:3:4:5:6:7', false],
    ['2001:db8::/32', '2001:db8:1:2:3:4:5:6::', false],
    ['2001:db8::/32', '2001:db8::12345', false],
    ['10.0.0.0/24', '::ffff:0a00:0001', true],
    ['::ffff:a00:0/24', '10.0.0.9', true],
  ])('%s for %j: %s', (cidr, value, expected) => {
    expect(holds({ cidr }, value)).toBe(expected);
  });
});

describe('an address as a value', () => {
  test.each<[string, string, boolean]>([
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['2001:db8::ff', '2001:DB8:0::00FF', true],
    ['2001:db8::ff', '2001:db8::fe', false],
    ['08:23', '08:23', true],
    ['08:23', '8:23', false],
    ['10.0.0.256', '10.0.0.256', true],
  ])('%s for %s: %s', (value, text, expected) => {
    expect(holds(value, text)).toBe(expected);
  });

  test('is text when it is asked for exactly', () => {
    expect(holds({ exactly: '::1' }, '0:0:0:0:0:0:0:1')).toBe(false);
    expect(holds({ exactly: '::1' }, '::1')).toBe(true);
  });
});

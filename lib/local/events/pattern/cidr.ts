import { invalid } from './errors.ts';
import type { AddressBlock } from './model.ts';

const IPV4 = /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/;
const IPV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/;
const MAPPED_IPV4 = '00000000000000000000FFFF';

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

function ipv4(text: string): string | undefined {
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes.map((byte) => hex(byte, 2)).join('') : undefined;
}

function groups(text: string): readonly string[] | undefined {
  const parts = text === '' ? [] : text.split(':');
  return parts.every((part) => part.length >= 1 && part.length <= 4) ? parts : undefined;
}

function ipv6(text: string): string | undefined {
  const [head = '', tail, ...more] = text.split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  if (more.length > 0 || before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...new Array<string>(missing).fill('0'), ...after];
  const digits = all.map((group) => group.toUpperCase().padStart(4, '0')).join('');
  // An IPv4 address written as IPv6 is an IPv4 address, as it is for Java, on which Event Ruler runs.
  return digits.startsWith(MAPPED_IPV4) ? digits.slice(MAPPED_IPV4.length) : digits;
}

/** The address as 8 or 32 hexadecimal digits, whichever way it is written; undefined for any other text. */
export function canonicalAddress(text: string): string | undefined {
  if (IPV4.test(text)) return ipv4(text);
  return IPV6.test(text) ? ipv6(text) : undefined;
}

function parseAddress(text: string, at: string): string {
  const known = IPV4.test(text) || IPV6.test(text);
  const reason = known ? `Invalid IP address: ${text}` : `Nonstandard IP address: ${text}`;
  return canonicalAddress(text) ?? invalid(at, 'an IPv4 or IPv6 range', text, reason);
}

/**
 * The addresses of a range such as `10.0.0.0/24` or `2001:db8::/32`. The address may be any of the range.
 * A range of one address (/32, /128) is refused, as Event Ruler does; that address itself is a value to match.
 */
export function addressBlock(value: unknown, at: string): AddressBlock {
  if (typeof value !== 'string') {
    // Event Ruler says "prefix" here, and so does EventBridge.
    return invalid(at, 'an IPv4 or IPv6 range', value, 'prefix match pattern must be a string');
  }
  // Java's split drops empty parts at the end.
  const [base = '', bits = '', ...more] = value.replace(/\/+$/, '').split('/');
  if (bits === '' || more.length > 0) {
    invalid(at, 'an address, a slash and mask bits', value, "Malformed CIDR, one '/' required");
  }
  const maskBits = /^[+-]?[0-9]{1,9}$/.test(bits) ? Number(bits) : Number.NaN;
  if (Number.isNaN(maskBits)) {
    invalid(at, 'a range with whole mask bits', value, 'Malformed CIDR, mask bits must be an integer');
  }
  if (maskBits < 0) {
    invalid(at, 'a range with mask bits', value, 'Malformed CIDR, mask bits must not be negative');
  }
  const digits = parseAddress(base, at);
  const length = digits.length * 4;
  if (maskBits >= length) {
    const reason = `${length === 32 ? 'IPv4' : 'IPv6'} mask bits must be < ${length}`;
    invalid(at, `a range of fewer than ${length} mask bits`, value, reason);
  }
  const free = (1n << BigInt(length - maskBits)) - 1n;
  const address = BigInt(`0x${digits}`);
  const toDigits = (bound: bigint) => bound.toString(16).toUpperCase().padStart(digits.length, '0');
  return { kind: 'cidr', low: toDigits(address & ~free), high: toDigits(address | free) };
}

export function isInBlock({ low, high }: AddressBlock, value: string): boolean {
  const address = canonicalAddress(value);
  return address !== undefined && address.length === low.length && address >= low && address <= high;
}

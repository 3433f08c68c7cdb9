import { invalid } from './errors.ts';
import type { Condition, NumericRange } from './model.ts';

/** Numbers are compared from -5e9 to 5e9, both included, and with six digits after the point. */
const LIMIT = 5_000_000_000;
const DECIMALS = 6;

const inLimits = (value: number): boolean => Math.abs(value) <= LIMIT;
const fewDecimals = (value: number): boolean =>
  Number.isInteger(value) || Number(value.toFixed(DECIMALS)) === value;

/** Refuses a number that cannot be compared as one: it is outside the limits, or too fine. */
export function comparable(value: number, at: string): number {
  if (!inLimits(value)) {
    const reason = 'Value must be between -5.0E9 and 5.0E9, inclusive';
    invalid(at, 'a number from -5000000000 to 5000000000', value, reason);
  }
  if (!fewDecimals(value)) {
    const reason = 'Only values upto 6 decimals are supported';
    invalid(at, 'a number of at most 6 decimals', value, reason);
  }
  return value;
}

/** What EventBridge calls a term in its reasons: the token that it stumbled over. */
function token(term: unknown): string {
  if (term === undefined) return ']';
  if (typeof term === 'object' && term !== null) return Array.isArray(term) ? '[' : '{';
  return typeof term === 'string' ? term : JSON.stringify(term);
}

const OPERATORS = new Set(['=', '<', '<=', '>', '>=']);

function operand(terms: readonly unknown[], index: number, operator: string, at: string): number {
  const value = terms[index];
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    const name = operator === '=' ? 'equals' : operator;
    return invalid(`${at}[${index}]`, 'a number', value, `Value of ${name} must be numeric`);
  }
  return comparable(value, `${at}[${index}]`);
}

function range(low: number, lowIsIn: boolean, high: number, highIsIn: boolean, at: string): NumericRange {
  if (low >= high) {
    invalid(
      at,
      'a range whose lower end is below its upper end',
      [low, high],
      'Bottom must be less than top',
    );
  }
  return { kind: 'numeric', low, lowIsIn, high, highIsIn };
}

/** `["=", 5]`, `["<", 10]`, `[">", 0, "<=", 5]`: one comparison, or a lower bound and then an upper one. */
export function numericCondition(value: unknown, at: string): Condition {
  if (!Array.isArray(value)) {
    return invalid(at, 'an array of operators and numbers', value, 'Value of numeric must be an array.');
  }
  const terms: readonly unknown[] = value;
  const [operator, , upper] = terms;
  if (typeof operator !== 'string') {
    const reason = `Invalid member in numeric match: ${token(operator)}`;
    return invalid(`${at}[0]`, 'an operator', operator, reason);
  }
  if (!OPERATORS.has(operator)) {
    const reason = `Unrecognized numeric range operator: ${operator}`;
    return invalid(`${at}[0]`, 'one of =, <, <=, >, >=', operator, reason);
  }
  const first = operand(terms, 1, operator, at);
  if (!operator.startsWith('>') && terms.length > 2) {
    const reason = 'Too many elements in numeric expression';
    return invalid(at, `${operator} and one number`, terms, reason);
  }
  if (operator === '=') return { kind: 'exactly', value: first };
  if (operator.startsWith('<')) return range(-LIMIT, true, first, operator === '<=', at);
  if (terms.length === 2) return range(first, operator === '>=', LIMIT, true, at);
  if (typeof upper !== 'string') {
    return invalid(`${at}[2]`, '< or <=', upper, `Bad value in numeric range: ${token(upper)}`);
  }
  if (upper !== '<' && upper !== '<=') {
    return invalid(`${at}[2]`, '< or <=', upper, `Bad numeric range operator: ${upper}`);
  }
  const second = operand(terms, 3, upper, at);
  if (terms.length > 4) {
    return invalid(at, 'at most two bounds', terms, 'Too many terms in numeric range expression');
  }
  return range(first, operator === '>=', second, upper === '<=', at);
}

/**
 * Whether a number of an event is in the range. One outside the limits or too fine never is, not even for `> 0`:
 * Event Ruler leaves such a number as text, and no range matches text.
 */
export function isInRange({ low, lowIsIn, high, highIsIn }: NumericRange, value: number): boolean {
  return (
    (lowIsIn ? value >= low : value > low) && (highIsIn ? value <= high : value < high) && fewDecimals(value)
  );
}

/*
 * Metric math, as far as our alarms use it: numbers, ids, + - * /, comparisons, FILL, IF, and SUM, MAX and MIN of a list. A series is
 * its data points, undefined where one is missing.
 */

export type Series = readonly (number | undefined)[];

type Value = number | Series;
type List = readonly Value[];

const TOKEN = /\s*(>=|<=|==|!=|[A-Za-z_]\w*|\d+(?:\.\d+)?|[-+*/<>()[\],])/y;

function tokensOf(expression: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const [, token] = TOKEN.exec(expression) ?? [];
    if (token === undefined) throw new Error(`metric math: nothing known at ${expression.slice(at)}`);
    tokens.push(token);
  }
  return tokens;
}

/** What an operator makes of two data points. A division by 0 gives none. */
const OPERATORS: Readonly<Record<string, (one: number, other: number) => number | undefined>> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => (other === 0 ? undefined : one / other),
  '>': (one, other) => Number(one > other),
  '<': (one, other) => Number(one < other),
  '>=': (one, other) => Number(one >= other),
  '<=': (one, other) => Number(one <= other),
  '==': (one, other) => Number(one === other),
  '!=': (one, other) => Number(one !== other),
};
const COMPARES = ['>', '<', '>=', '<=', '==', '!='];
const ADDS = ['+', '-'];
const MULTIPLIES = ['*', '/'];

/** Evaluates an expression on the series that its ids name. @throws where it uses what is not known here. */
export function evaluateMath(
  expression: string,
  series: ReadonlyMap<string, Series>,
  length: number,
): Series {
  const tokens = tokensOf(expression);
  let next = 0;
  const points = (value: Value): Series => (typeof value === 'number' ? Array(length).fill(value) : value);
  const take = (expected: string): void => {
    if (tokens[next] !== expected) throw new Error(`metric math: expected ${expected} in ${expression}`);
    next += 1;
  };
  const zip = (operator: string, left: Value, right: Value): Value => {
    const apply = OPERATORS[operator];
    if (apply === undefined) throw new Error(`metric math: no operator ${operator}`);
    if (typeof left === 'number' && typeof right === 'number') return apply(left, right) ?? Number.NaN;
    // A comparison takes a missing data point as 0; arithmetic has no result there.
    const instead = COMPARES.includes(operator) ? 0 : undefined;
    const others = points(right);
    return points(left).map((value, index) => {
      const [one, other] = [value ?? instead, others[index] ?? instead];
      return one === undefined || other === undefined ? undefined : apply(one, other);
    });
  };
  const binary = (operators: readonly string[], operand: () => Value) => (): Value => {
    let value = operand();
    for (let token = tokens[next]; token !== undefined && operators.includes(token); token = tokens[next]) {
      next += 1;
      value = zip(token, value, operand());
    }
    return value;
  };
  const list = (end: string): List => {
    const values: Value[] = [];
    while (tokens[next] !== end) {
      if (values.length > 0) take(',');
      values.push(compare());
    }
    take(end);
    return values;
  };
  const ofList = (combine: (...values: number[]) => number): Value => {
    take('(');
    take('[');
    const values = list(']').map(points);
    take(')');
    return points(0).map((_, index) => {
      const present = values.map((each) => each[index]).filter((value) => value !== undefined);
      return present.length === 0 ? undefined : combine(...present);
    });
  };
  const call = (name: string): Value => {
    if (name === 'MAX') return ofList(Math.max);
    if (name === 'MIN') return ofList(Math.min);
    if (name === 'SUM') return ofList((...values) => values.reduce((sum, value) => sum + value, 0));
    take('(');
    const [first = 0, second = 0, third = 0] = list(')').map(points);
    if (name === 'FILL') return points(first).map((value, index) => value ?? points(second)[index]);
    if (name === 'IF')
      return points(first).map((holds, index) => (holds ? points(second)[index] : points(third)[index]));
    throw new Error(`metric math: no function ${name}`);
  };
  const primary = (): Value => {
    const token = tokens[next] ?? '';
    next += 1;
    if (/^\d/.test(token)) return Number(token);
    if (token === '(') {
      const value = compare();
      take(')');
      return value;
    }
    if (tokens[next] === '(') return call(token);
    const found = series.get(token);
    if (found === undefined) throw new Error(`metric math: ${token} in ${expression} is no metric`);
    return found;
  };
  const compare: () => Value = binary(COMPARES, binary(ADDS, binary(MULTIPLIES, primary)));
  const value = compare();
  if (next < tokens.length) throw new Error(`metric math: ${tokens[next]} is left over in ${expression}`);
  return points(value);
}

/*
 * Metric math, as far as our alarms use it: numbers, ids, + - * /, comparisons, FILL, IF, and SUM, MAX and MIN of a list. A series is
 * its data points, undefined where one is missing.
 */

export type Series = readonly (number | undefined)[];

type Value = number | Series;

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
/** A list passes over what is missing. */
const OF_LISTS: Readonly<Record<string, (...values: readonly number[]) => number>> = {
  MAX: Math.max,
  MIN: Math.min,
  SUM: (...values) => values.reduce((sum, value) => sum + value, 0),
};

const COMPARES = ['>', '<', '>=', '<=', '==', '!='];
const ADDS = ['+', '-'];
const MULTIPLIES = ['*', '/'];

/** Reads an expression from left to right and evaluates it on the way. */
class MathReader {
  readonly #expression: string;
  readonly #tokens: readonly string[];
  readonly #series: ReadonlyMap<string, Series>;
  readonly #length: number;
  readonly #fillsAbsent: boolean;
  #next = 0;

  constructor(expression: string, series: ReadonlyMap<string, Series>, length: number, fillsAbsent: boolean) {
    this.#expression = expression;
    this.#tokens = tokensOf(expression);
    this.#series = series;
    this.#length = length;
    this.#fillsAbsent = fillsAbsent;
  }

  read(): Series {
    const value = this.#comparison();
    if (this.#next < this.#tokens.length) this.#refuse(`${this.#tokens[this.#next]} is left over`);
    return this.#points(value);
  }

  #refuse(trouble: string): never {
    throw new Error(`metric math: ${trouble} in ${this.#expression}`);
  }

  #take(expected: string): void {
    if (this.#tokens[this.#next] !== expected) this.#refuse(`expected ${expected}`);
    this.#next += 1;
  }

  #points(value: Value): Series {
    return typeof value === 'number' ? Array<number>(this.#length).fill(value) : value;
  }

  #comparison(): Value {
    return this.#binary(COMPARES, () =>
      this.#binary(ADDS, () => this.#binary(MULTIPLIES, () => this.#primary())),
    );
  }

  #binary(operators: readonly string[], operand: () => Value): Value {
    let value = operand();
    for (
      let token = this.#tokens[this.#next];
      token !== undefined && operators.includes(token);
      token = this.#tokens[this.#next]
    ) {
      this.#next += 1;
      value = this.#zip(token, value, operand());
    }
    return value;
  }

  #zip(operator: string, left: Value, right: Value): Value {
    const apply = OPERATORS[operator] ?? this.#refuse(`no operator ${operator}`);
    // A comparison takes a missing data point as 0; arithmetic has no result there.
    const instead = COMPARES.includes(operator) ? 0 : undefined;
    const others = this.#points(right);
    return this.#points(left).map((value, index) => {
      const [one, other] = [value ?? instead, others[index] ?? instead];
      return one === undefined || other === undefined ? undefined : apply(one, other);
    });
  }

  #primary(): Value {
    const token = this.#tokens[this.#next] ?? '';
    this.#next += 1;
    if (/^\d/.test(token)) return Number(token);
    if (token === '(') {
      const value = this.#comparison();
      this.#take(')');
      return value;
    }
    if (this.#tokens[this.#next] === '(') return this.#call(token);
    return this.#series.get(token) ?? this.#refuse(`${token} is no metric`);
  }

  #call(name: string): Series {
    this.#take('(');
    const combine = OF_LISTS[name];
    if (combine !== undefined) {
      this.#take('[');
      const list = this.#list(']');
      this.#take(')');
      return this.#points(0).map((_, index) => {
        const present = list.map((each) => each[index]).filter((value) => value !== undefined);
        return present.length === 0 ? undefined : combine(...present);
      });
    }
    const [first = [], second = [], third = []] = this.#list(')');
    if (name === 'IF') return first.map((holds, index) => (holds ? second[index] : third[index]));
    if (name !== 'FILL') return this.#refuse(`no function ${name}`);
    const isAbsent = first.every((value) => value === undefined);
    return isAbsent && !this.#fillsAbsent ? first : first.map((value, index) => value ?? second[index]);
  }

  #list(end: string): readonly Series[] {
    const values: Series[] = [];
    while (this.#tokens[this.#next] !== end) {
      if (values.length > 0) this.#take(',');
      values.push(this.#points(this.#comparison()));
    }
    this.#take(end);
    return values;
  }
}

/**
 * Evaluates an expression on the series that its ids name.
 * @param fillsAbsent Whether FILL fills a series without any data point too. The documentation does not say.
 * @throws where it uses what is not known here.
 */
export const evaluateMath = (
  expression: string,
  series: ReadonlyMap<string, Series>,
  length: number,
  fillsAbsent = true,
): Series => new MathReader(expression, series, length, fillsAbsent).read();

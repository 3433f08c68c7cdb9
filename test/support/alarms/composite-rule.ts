import type { AlarmState } from './alarm-state.ts';

const TOKEN = /\s*(AND|OR|NOT|TRUE|FALSE|ALARM|OK|INSUFFICIENT_DATA|"[^"]*"|[()])/y;

/** Evaluates the rule of a composite alarm. Names are in quotes, as the CDK writes them. @throws where it is no such rule. */
export function holds(rule: string, stateOf: (alarm: string) => AlarmState): boolean {
  TOKEN.lastIndex = 0;
  const tokens: string[] = [];
  while (TOKEN.lastIndex < rule.trimEnd().length) {
    const [, token] = TOKEN.exec(rule) ?? [];
    if (token === undefined) throw new Error(`no rule of a composite alarm: ${rule}`);
    tokens.push(token);
  }
  let next = 0;
  const take = (): string => tokens[next++] ?? '';
  const expect = (token: string) => {
    if (take() !== token) throw new Error(`expected ${token} in the rule ${rule}`);
  };
  const primary = (): boolean => {
    const token = take();
    if (token === 'NOT') return !primary();
    if (token === 'TRUE' || token === 'FALSE') return token === 'TRUE';
    if (token !== '(') {
      expect('(');
      const name = take();
      expect(')');
      return stateOf(name.slice(1, -1)) === token;
    }
    const value = either();
    expect(')');
    return value;
  };
  const both = (): boolean => {
    let value = primary();
    while (tokens[next] === 'AND') {
      next += 1;
      value = primary() && value;
    }
    return value;
  };
  const either = (): boolean => {
    let value = both();
    while (tokens[next] === 'OR') {
      next += 1;
      value = both() || value;
    }
    return value;
  };
  const value = either();
  if (next < tokens.length) throw new Error(`${tokens[next]} is left over in the rule ${rule}`);
  return value;
}

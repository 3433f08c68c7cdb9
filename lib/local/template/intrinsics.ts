import { LocalRunError } from '../problem.ts';
import type { Template } from './assembly.ts';

/** What the template's references stand for on this machine. */
export interface References {
  /** Physical id of a resource, or undefined when there is none of that name. */
  ref(logicalId: string): string | undefined;
  attribute(logicalId: string, attribute: string): string | undefined;
  /** `AWS::Region` and its like, by name without the prefix. */
  readonly pseudo: Readonly<Record<string, string>>;
}

/** Turns values with CloudFormation's functions in them into plain ones. */
export interface Resolver {
  resolve(value: unknown): unknown;
  /** Whether a condition of the template holds. */
  condition(name: string): boolean;
}

/** What `AWS::NoValue` resolves to: the property is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

const unresolvable = (what: string): never => {
  throw new LocalRunError(
    `the template uses ${what}, which the local run cannot resolve; give it a plain value for -c stage=local`,
  );
};

export function createResolver(template: Template, references: References): Resolver {
  const ref = (name: string): unknown => {
    if (name === 'AWS::NoValue') return NO_VALUE;
    if (name.startsWith('AWS::')) return references.pseudo[name.slice(5)] ?? unresolvable(name);
    const parameter = template.Parameters?.[name];
    if (parameter) return parameter.Default ?? unresolvable(`the parameter ${name} without a default`);
    return references.ref(name) ?? unresolvable(`a reference to ${name}`);
  };
  const attribute = (logicalId: string, name: string) =>
    references.attribute(logicalId, name) ?? unresolvable(`the attribute ${logicalId}.${name}`);

  const substitute = (text: string, variables: Readonly<Record<string, unknown>>): string =>
    text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return String(resolve(variables[name]));
      const dot = name.indexOf('.');
      return String(dot < 0 ? ref(name) : attribute(name.slice(0, dot), name.slice(dot + 1)));
    });

  const condition = (name: string): boolean => {
    const definition = template.Conditions?.[name];
    return definition === undefined ? unresolvable(`the condition ${name}`) : resolve(definition) === true;
  };

  const functions: Readonly<Record<string, (argument: never) => unknown>> = {
    Ref: (name: string) => ref(name),
    'Fn::GetAtt': (target: string | [string, string]) => {
      const [logicalId, ...path] = typeof target === 'string' ? target.split('.') : target;
      return attribute(String(logicalId), path.map((part) => String(resolve(part))).join('.'));
    },
    'Fn::Join': ([separator, parts]: [string, unknown]) =>
      (resolve(parts) as unknown[]).map(String).join(separator),
    'Fn::Split': ([separator, text]: [string, unknown]) => String(resolve(text)).split(separator),
    'Fn::Select': ([index, list]: [unknown, unknown]) => (resolve(list) as unknown[])[Number(resolve(index))],
    'Fn::Sub': (argument: string | [string, Record<string, unknown>]) =>
      typeof argument === 'string' ? substitute(argument, {}) : substitute(argument[0], argument[1]),
    'Fn::If': ([name, yes, no]: [string, unknown, unknown]) => resolve(condition(name) ? yes : no),
    'Fn::Equals': ([left, right]: [unknown, unknown]) => String(resolve(left)) === String(resolve(right)),
    'Fn::And': (all: unknown[]) => all.every((one) => resolve(one) === true),
    'Fn::Or': (any: unknown[]) => any.some((one) => resolve(one) === true),
    'Fn::Not': ([one]: [unknown]) => resolve(one) !== true,
    'Fn::FindInMap': ([map, first, second]: [unknown, unknown, unknown]) =>
      template.Mappings?.[String(resolve(map))]?.[String(resolve(first))]?.[String(resolve(second))] ??
      unresolvable('Fn::FindInMap without an entry'),
    Condition: (name: string) => condition(name),
  };

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && name !== undefined) {
      const intrinsic = Object.hasOwn(functions, name) ? functions[name] : undefined;
      if (intrinsic && (name !== 'Condition' || typeof argument === 'string'))
        return intrinsic(argument as never);
      if (name.startsWith('Fn::')) return unresolvable(name);
    }
    return Object.fromEntries(
      entries
        .map(([key, member]) => [key, resolve(member)] as const)
        .filter(([, member]) => member !== NO_VALUE),
    );
  };

  return { resolve, condition };
}

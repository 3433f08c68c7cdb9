import { isFibrinError } from '../../core/errors.ts';
import { LocalRunError } from '../problem.ts';
import type { Template } from './assembly.ts';
import { brief } from './brief.ts';

/** What the template's references stand for on this machine. */
export interface References {
  /** Physical id of a resource, or undefined when there is none of that name. */
  ref(logicalId: string): string | undefined;
  attribute(logicalId: string, attribute: string): string | undefined;
  /** Value of a parameter of the template, or undefined where its default counts. */
  parameter?(name: string): unknown;
  /** What another stack exports by that name, or undefined where none does. */
  imported?(name: string): unknown;
  /** An output of another stack. */
  output?(stackName: string, output: string): unknown;
  /** `AWS::Region` and its like, by name without the prefix. */
  readonly pseudo: Readonly<Record<string, string | readonly string[]>>;
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

/** Own members only: a template may name anything. */
const own = <T>(record: Readonly<Record<string, T>> | undefined, name: string | undefined): T | undefined =>
  record && name !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;

/** The text that a value is; numbers and booleans have one too. */
function textOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new TypeError(`expected text, got ${brief(value)}`);
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`expected a list, got ${brief(value)}`);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new TypeError(`expected an object, got ${brief(value)}`);
}

export function createResolver(template: Template, references: References): Resolver {
  const ref = (name: string): unknown => {
    if (name === 'AWS::NoValue') return NO_VALUE;
    if (name.startsWith('AWS::')) return references.pseudo[name.slice(5)] ?? unresolvable(name);
    const parameter = own(template.Parameters, name);
    if (parameter) {
      return (
        references.parameter?.(name) ??
        parameter.Default ??
        unresolvable(`the parameter ${name} without a default`)
      );
    }
    return references.ref(name) ?? unresolvable(`a reference to ${name}`);
  };
  const attribute = (logicalId: string, name: string) =>
    references.attribute(logicalId, name) ?? unresolvable(`the attribute ${logicalId}.${name}`);

  const substitute = (text: string, variables: Readonly<Record<string, unknown>>): string =>
    text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return textOf(resolve(variables[name]));
      const dot = name.indexOf('.');
      return textOf(dot < 0 ? ref(name) : attribute(name.slice(0, dot), name.slice(dot + 1)));
    });

  const condition = (name: string): boolean => {
    const definition = own(template.Conditions, name);
    return definition === undefined ? unresolvable(`the condition ${name}`) : truth(definition);
  };
  const truth = (value: unknown): boolean => {
    const resolved = resolve(value);
    if (typeof resolved === 'boolean') return resolved;
    throw new TypeError(`expected a condition, got ${brief(value)}`);
  };

  const functions: Readonly<Record<string, (argument: unknown) => unknown>> = {
    Ref: (name) => ref(textOf(name)),
    'Fn::GetAtt': (target) => {
      const [logicalId, ...path] = typeof target === 'string' ? target.split('.') : listOf(target);
      return attribute(textOf(logicalId), path.map((part) => textOf(resolve(part))).join('.'));
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = listOf(argument);
      return listOf(resolve(parts)).map(textOf).join(textOf(separator));
    },
    'Fn::Split': (argument) => {
      const [separator, text] = listOf(argument);
      return textOf(resolve(text)).split(textOf(separator));
    },
    'Fn::Select': (argument) => {
      const [index, list] = listOf(argument);
      const at = Number(textOf(resolve(index)));
      const values = listOf(resolve(list));
      if (Number.isInteger(at) && at >= 0 && at < values.length) return values[at];
      throw new TypeError(`expected an index below ${values.length}, got ${brief(index)}`);
    },
    'Fn::Sub': (argument) => {
      if (typeof argument === 'string') return substitute(argument, {});
      const [text, variables] = listOf(argument);
      return substitute(textOf(text), objectOf(variables));
    },
    'Fn::If': (argument) => {
      const [name, ...values] = listOf(argument);
      if (values.length !== 2) throw new TypeError(`expected two values, got ${values.length}`);
      return resolve(condition(textOf(name)) ? values[0] : values[1]);
    },
    'Fn::Equals': (argument) => {
      const [left, right] = listOf(argument).map(resolve);
      return textOf(left) === textOf(right);
    },
    'Fn::And': (all) => listOf(all).every(truth),
    'Fn::Or': (any) => listOf(any).some(truth),
    'Fn::Not': (argument) => !truth(listOf(argument)[0]),
    'Fn::FindInMap': (argument) => {
      const [map, first, second, otherwise] = listOf(argument);
      const [one, two, three] = [map, first, second].map((key) => textOf(resolve(key)));
      const found = own(own(own(template.Mappings, one), two), three);
      const { DefaultValue } =
        otherwise === undefined ? {} : (objectOf(otherwise) as { DefaultValue?: unknown });
      return (
        found ??
        (DefaultValue === undefined ? undefined : resolve(DefaultValue)) ??
        unresolvable('Fn::FindInMap without an entry')
      );
    },
    'Fn::Base64': (text) => Buffer.from(textOf(resolve(text))).toString('base64'),
    'Fn::Length': (list) => listOf(resolve(list)).length,
    'Fn::ToJsonString': (value) => JSON.stringify(resolve(value)),
    'Fn::ImportValue': (name) => {
      const text = textOf(resolve(name));
      return (
        references.imported?.(text) ??
        unresolvable(`Fn::ImportValue of ${text}, which no stack of this run exports`)
      );
    },
    'Fn::GetStackOutput': (argument) => {
      const { StackName, OutputName } = objectOf(resolve(argument));
      const [stack, output] = [textOf(StackName), textOf(OutputName)];
      return (
        references.output?.(stack, output) ??
        unresolvable(`the output ${output} of ${stack}, which is no stack of this run`)
      );
    },
    Condition: (name) => condition(textOf(name)),
  };

  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve).filter((item) => item !== NO_VALUE);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && name !== undefined) {
      const intrinsic = own(functions, name);
      if (intrinsic && (name !== 'Condition' || typeof argument === 'string')) {
        try {
          return intrinsic(argument);
        } catch (error) {
          if (isFibrinError(error)) throw error;
          throw new LocalRunError(`${name} is malformed: ${(error as Error).message}`, error);
        }
      }
      if (name.startsWith('Fn::')) return unresolvable(name);
    }
    const made = entries.find(([key]) => /^Fn::(ForEach|Transform)(::|$)/.test(key));
    if (made) return unresolvable(made[0]);
    return Object.fromEntries(
      entries
        .map(([key, member]) => [key, resolve(member)] as const)
        .filter(([, member]) => member !== NO_VALUE),
    );
  };

  return { resolve, condition };
}

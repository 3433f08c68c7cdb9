import { LocalRunError } from '../problem.ts';
import type { Template } from './assembly.ts';
import { brief } from './brief.ts';
import type { References, Resolver } from './intrinsics.ts';

/** What CloudFormation's functions are given beside their argument. */
export interface FunctionContext extends Resolver {
  readonly template: Template;
  readonly references: References;
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
}

type Functions = Readonly<Record<string, (argument: unknown) => unknown>>;

export const unresolvable = (what: string): never => {
  throw new LocalRunError(
    `the template uses ${what}, which the local run cannot resolve; give it a plain value for -c stage=local`,
  );
};

/** Own members only: a template may name anything. */
export const own = <T>(
  record: Readonly<Record<string, T>> | undefined,
  name: string | undefined,
): T | undefined => (record && name !== undefined && Object.hasOwn(record, name) ? record[name] : undefined);

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

/** Whether a condition holds. */
export function truthOf(value: unknown, resolve: Resolver['resolve']): boolean {
  const resolved = resolve(value);
  if (typeof resolved === 'boolean') return resolved;
  throw new TypeError(`expected a condition, got ${brief(value)}`);
}

function substitute(
  text: string,
  variables: Readonly<Record<string, unknown>>,
  { resolve, ref, attribute }: FunctionContext,
): string {
  return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (Object.hasOwn(variables, name)) return textOf(resolve(variables[name]));
    const dot = name.indexOf('.');
    return textOf(dot < 0 ? ref(name) : attribute(name.slice(0, dot), name.slice(dot + 1)));
  });
}

function textFunctions(context: FunctionContext): Functions {
  const { resolve } = context;
  return {
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
      if (typeof argument === 'string') return substitute(argument, {}, context);
      const [text, variables] = listOf(argument);
      return substitute(textOf(text), objectOf(variables), context);
    },
    'Fn::Base64': (text) => Buffer.from(textOf(resolve(text))).toString('base64'),
    'Fn::Length': (list) => listOf(resolve(list)).length,
    'Fn::ToJsonString': (value) => JSON.stringify(resolve(value)),
  };
}

function conditionFunctions(context: FunctionContext): Functions {
  const { resolve, condition } = context;
  const truth = (value: unknown) => truthOf(value, resolve);
  return {
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
    Condition: (name) => condition(textOf(name)),
  };
}

function lookupFunctions(context: FunctionContext): Functions {
  const { resolve, ref, attribute, references, template } = context;
  return {
    Ref: (name) => ref(textOf(name)),
    'Fn::GetAtt': (target) => {
      const [logicalId, ...path] = typeof target === 'string' ? target.split('.') : listOf(target);
      return attribute(textOf(logicalId), path.map((part) => textOf(resolve(part))).join('.'));
    },
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
  };
}

/** CloudFormation's functions, by name. */
export const intrinsicFunctions = (context: FunctionContext): Functions => ({
  ...textFunctions(context),
  ...conditionFunctions(context),
  ...lookupFunctions(context),
});

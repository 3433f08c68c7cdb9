import { isFibrinError } from '../../core/errors.ts';
import { LocalRunError } from '../problem.ts';
import type { Template } from './assembly.ts';
import { intrinsicFunctions, own, truthOf, unresolvable } from './intrinsic-functions.ts';

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

  const condition = (name: string): boolean => {
    const definition = own(template.Conditions, name);
    return definition === undefined ? unresolvable(`the condition ${name}`) : truthOf(definition, resolve);
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

  const functions = intrinsicFunctions({ template, references, ref, attribute, resolve, condition });
  return { resolve, condition };
}

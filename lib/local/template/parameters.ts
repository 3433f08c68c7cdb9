import type { Template } from './assembly.ts';
import { parameterOf, type Values } from './dynamic-references.ts';
import type { Scope } from './scopes.ts';

/** A parameter of the app's own has the value that the app gives it. */
function storedParameter(name: string, scopes: readonly Scope[], values: Values): unknown {
  if (values.has(name)) return parameterOf(values, name);
  for (const { resources, resolver } of scopes) {
    for (const { Type, Properties } of resources.values()) {
      if (Type !== 'AWS::SSM::Parameter' || Properties?.['Name'] === undefined) continue;
      if (resolver.resolve(Properties['Name']) === name) return resolver.resolve(Properties['Value']);
    }
  }
  return parameterOf(values, name);
}

/** The value of a template's parameter: what the stack above gives, else the user, else its default; undefined without any. */
export function parameterIn(
  template: Template,
  name: string,
  given: unknown,
  { scopes, values }: { readonly scopes: readonly Scope[]; readonly values: Values },
): unknown {
  const { Type, Default } = template.Parameters?.[name] ?? {};
  const value = given ?? values.get(name) ?? Default;
  const type = String(Type);
  if (value === undefined) return undefined;
  const isStored = type.startsWith('AWS::SSM::Parameter::Value');
  const meant = isStored ? storedParameter(String(value), scopes, values) : value;
  return /List/.test(type) && typeof meant === 'string' ? meant.split(',').map((one) => one.trim()) : meant;
}

import { isFibrinError } from '../../core/errors.ts';
import { LocalRunError } from '../problem.ts';
import type { TemplateResource } from './assembly.ts';
import { resolveReferences, type Values } from './dynamic-references.ts';
import type { Entry } from './entries.ts';
import { physicalId } from './resource-names.ts';
import { named } from './scopes.ts';
import { shapedProperty, shapesOf } from './shapes.ts';

export type Properties = Readonly<Record<string, unknown>>;

export interface PropertyResolver {
  /** The properties of a resource by these names, each in its form. */
  of(entry: Entry, names: readonly string[]): Properties;
  /** The property that is being resolved: `Orders.Environment`. */
  current(): string;
  /**
   * Reads something of the template. What is malformed so that its reader fails is an error of the property that was read last.
   * @throws {LocalRunError} for whatever is thrown.
   */
  guarded<T>(read: () => T): T;
}

export interface PropertyResolverOptions {
  readonly values: Values;
  entries(): readonly Entry[];
  /** The address of an API by its key, once it listens. */
  urlOf(key: string): string | undefined;
  /** Receives the path of a part that has no effect here. */
  note(type: string, path: string): void;
}

/** Properties that end the run, whatever a reader asks for. */
const refusedOf = ({ Type, Properties = {} }: TemplateResource): readonly string[] =>
  Object.entries(shapesOf(Type))
    .filter(([name, shape]) => String(shape).startsWith('refused') && Object.hasOwn(Properties, name))
    .map(([name]) => name);

/** Resolves properties to what they mean on this machine. */
export function propertyResolver(options: PropertyResolverOptions): PropertyResolver {
  /** The property that is being resolved, and the one that a reader has touched last. */
  let resolving = '';
  let touched = '';

  const atThisMachine = (text: string): string =>
    text.replaceAll(/https:\/\/([\w-]+)\.execute-api\.[\w-]+\.[\w.]+/g, (address, id: string) => {
      const api = options
        .entries()
        .find(
          ({ scope, logicalId, resource }) =>
            /Api$/.test(resource.Type) && physicalId(scope, logicalId) === id,
        );
      return (api && options.urlOf(api.key)) ?? address;
    });
  /** What CloudFormation's functions leave open: dynamic references, and the addresses of APIs. */
  const finished = (value: unknown): unknown => {
    if (typeof value === 'string') return atThisMachine(resolveReferences(value, options.values));
    if (Array.isArray(value)) return value.map(finished);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, finished(member)]));
  };
  const shapedValue = ({ key, scope, resource }: Entry, name: string): unknown => {
    const what = `${key}.${name}`;
    const raw = resource.Properties?.[name];
    const { value } = named(what, () => finished(scope.resolver.resolve({ value: raw }))) as {
      readonly value?: unknown;
    };
    return shapedProperty({ logicalId: key, type: resource.Type }, name, value, (path) =>
      options.note(resource.Type, path.slice(resource.Type.length + 1)),
    );
  };

  return {
    of(entry, names) {
      const properties = {};
      for (const name of [...names, ...refusedOf(entry.resource)]) {
        const what = `${entry.key}.${name}`;
        resolving = what;
        const value = shapedValue(entry, name);
        Object.defineProperty(properties, name, {
          enumerable: value !== undefined,
          get() {
            touched = what;
            return value;
          },
        });
      }
      return properties;
    },
    current: () => resolving,
    guarded(read) {
      touched = '';
      try {
        return read();
      } catch (error) {
        if (isFibrinError(error) || touched === '') throw error;
        const { message } = error as Error;
        throw new LocalRunError(`${touched} is malformed: ${message}; fix it in the template`, error);
      }
    },
  };
}

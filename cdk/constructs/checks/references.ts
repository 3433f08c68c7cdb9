import { isRecord } from '#core/property';
import { CROSS_STACK, type ForeignValue } from './cross-stack.ts';
import type { TemplateResource } from './rule.ts';

export const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Whether a value is computed at deployment, so that nothing in it is what it seems. */
export const isComputed = (value: unknown): boolean =>
  isRecord(value) && Object.keys(value).some((key) => /^(Ref$|Fn::|Fibrin::)/.test(key));

/** Whether it is decided at deployment what a value is. */
export const isChoice = (value: unknown): boolean => JSON.stringify(value)?.includes('"Fn::If"') ?? false;

/**
 * A property at some depth. Undefined: it is not there. Where something on the way to it is computed at deployment, that is what it is:
 * set, and not known.
 */
export function propertyAt({ properties }: TemplateResource, ...keys: readonly string[]): unknown {
  let value: unknown = properties;
  for (const key of keys) {
    if (isComputed(value)) return value;
    value = isRecord(value) ? value[key] : undefined;
    if (isRecord(value) && value['Ref'] === 'AWS::NoValue') return undefined;
  }
  return value;
}

/** The texts of which a value is made, as far as they are known. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  const join = isRecord(value) ? listOf(value['Fn::Join']) : [];
  return join[0] === '' ? listOf(join[1]).map((part) => (typeof part === 'string' ? part : '')) : [];
}

/** How a text begins of which the rest may not be known. */
export const beginningOf = (value: unknown): string => textsOf(value)[0] ?? '';

/** How a text ends of which the rest may not be known. */
export const endOf = (value: unknown): string => textsOf(value).at(-1) ?? '';

/** A number of a property, a default where it is not set. Undefined: it is not known before deployment. */
export function numberOr(value: unknown, byDefault: number): number | undefined {
  if (value === undefined) return byDefault;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The resources of all templates, found by references to them. */
export class Resources {
  readonly all: readonly TemplateResource[];
  readonly #byId: ReadonlyMap<string, TemplateResource>;

  constructor(all: readonly TemplateResource[]) {
    this.all = all;
    this.#byId = new Map(all.map((resource) => [`${resource.stack} ${resource.logicalId}`, resource]));
  }

  ofType(...types: readonly string[]): readonly TemplateResource[] {
    return this.all.filter(({ type }) => types.includes(type));
  }

  /**
   * The resource whose name, id or ARN a value is.
   * @param stack Where the value is written.
   * @returns undefined where it is not of these templates, or only contains such a reference.
   */
  at(stack: string, value: unknown): TemplateResource | undefined {
    if (!isRecord(value) || Object.keys(value).length !== 1) return undefined;
    const { Ref: ref, 'Fn::GetAtt': attribute, [CROSS_STACK]: foreign } = value;
    if (foreign !== undefined) {
      const { stack: there, value: same } = foreign as ForeignValue;
      return this.at(there, same);
    }
    const [id] = typeof attribute === 'string' ? attribute.split('.') : listOf(ref ?? attribute);
    return this.#byId.get(`${stack} ${id}`);
  }

  /** The resource that a property of another one names. */
  of(resource: TemplateResource, ...keys: readonly string[]): TemplateResource | undefined {
    return this.at(resource.stack, propertyAt(resource, ...keys));
  }

  /** All resources that a value contains references to, however deep. */
  within(stack: string, value: unknown): readonly TemplateResource[] {
    const found = this.at(stack, value);
    if (found) return [found];
    const inner = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
    return inner.flatMap((one) => this.within(stack, one));
  }

  /**
   * The function, alias or version that a value names, whole or by a part of it: the CDK takes the name of an alias out of its ARN.
   */
  functionAt(stack: string, value: unknown): TemplateResource | undefined {
    const named = this.within(stack, value).filter((one) => this.functionOf(one));
    return named.length === 1 ? named[0] : undefined;
  }

  /** The function itself, behind its alias or version. */
  functionOf(resource: TemplateResource | undefined): TemplateResource | undefined {
    switch (resource?.type) {
      case 'AWS::Lambda::Function':
        return resource;
      case 'AWS::Lambda::Alias':
      case 'AWS::Lambda::Version':
        return this.functionOf(this.of(resource, 'FunctionName'));
      default:
        return undefined;
    }
  }

  /** The key that a value names, by its alias too, which the CDK names by its text. */
  keyAt(stack: string, value: unknown): TemplateResource | undefined {
    const name = /(^|:)(alias\/.*)$/.exec(endOf(value))?.[2];
    const aliases = this.ofType('AWS::KMS::Alias').filter((alias) => propertyAt(alias, 'AliasName') === name);
    const [named] = aliases.length === 1 ? aliases : [this.at(stack, value)];
    if (named?.type === 'AWS::KMS::Alias') return this.of(named, 'TargetKeyId');
    return named?.type === 'AWS::KMS::Key' ? named : undefined;
  }
}

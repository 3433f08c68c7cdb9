import type { Assembly } from './assembly.ts';
import { classOf } from './classes.ts';
import type { Values } from './dynamic-references.ts';
import { type Entry, entriesOf } from './entries.ts';
import { type LeftOut, leftOutOf } from './left-out.ts';
import { displayNameOf } from './names.ts';
import { type Properties, type PropertyResolver, propertyResolver } from './properties.ts';
import { refuse } from './refuse.ts';
import { collectRemarks, type RemarkCollector, type Remarks } from './remarks.ts';
import { resourceNames } from './resource-names.ts';
import { createScopes, type Scope } from './scopes.ts';

/** A resource of the template with its properties resolved. */
export interface Resource {
  /** Its id in the template; where several stacks have it, with the name of its stack: `Orders-Fn`. */
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Properties;
  readonly metadata: Properties;
  /** Name for people: the construct's path in the stack. */
  readonly displayName: string;
}

/** Gives resources by type, what they say resolved to what it means on this machine. */
export interface TemplateReader extends Pick<PropertyResolver, 'guarded'>, Pick<RemarkCollector, 'note'> {
  /** Of all stacks, with commas. */
  readonly stackName: string;
  readonly region: string;
  readonly account: string;
  /** What the user gives for values that lie in AWS. */
  readonly values: Values;
  /** The resources that are there, conditions applied. */
  readonly resources: readonly { readonly logicalId: string; readonly type: string }[];
  /** What is left out because the user wants it. */
  readonly leftOut: readonly LeftOut[];
  /** Only the properties in `names` are resolved: others may refer to what is not known yet. A name without a form has no value. */
  ofType(types: readonly string[], names: readonly string[]): readonly Resource[];
  /** The physical name of a resource: the template's own, or the one that stands in for it. */
  nameOf(logicalId: string): string;
  arnOf(logicalId: string): string;
  /** Makes the addresses known that function URLs, queues and APIs have once they listen. */
  setUrls(urls: ReadonlyMap<string, string>): void;
  /** What has been read so far leaves open. */
  remarks(): Remarks;
}

export interface ReaderOptions {
  readonly account?: string;
  /** Types and logical ids that are left out. */
  readonly without?: readonly string[];
  readonly values?: Values;
}

/** The account of a stack that names none. */
export const ACCOUNT = '000000000000';

/** Reads the stacks of a run as one template: what one exports and another imports is resolved. */
export function createReader(
  given: Assembly | readonly Assembly[],
  region: string,
  { account = ACCOUNT, without = [], values = new Map() }: ReaderOptions = {},
): TemplateReader {
  const stacks = [given].flat() as readonly Assembly[];
  let urls: ReadonlyMap<string, string> = new Map();
  const urlOf = (key: string) => urls.get(key);
  const isLeftOut = (logicalId: string, type: string): boolean =>
    without.includes(logicalId) || without.includes(type);
  const runs = (logicalId: string, type: string): boolean =>
    classOf(type).kind === 'run' && !isLeftOut(logicalId, type);

  const remarks = collectRemarks();
  const standsIn = (reference: string) => remarks.standsIn(reference, properties.current());
  const names = resourceNames({
    ...{ region, account, isLeftOut, runs, urlOf, standsIn },
    scopes: () => scopes,
  });
  const properties = propertyResolver({ values, urlOf, note: remarks.note, entries: () => entries });
  const { ref, attribute } = names;
  const scopes: readonly Scope[] = createScopes({
    stacks,
    region,
    account,
    values,
    isLeftOut,
    ref,
    attribute,
  });
  const entries = entriesOf(scopes, names.keyOf);
  const entryOf = (key: string): Entry =>
    entries.find((one) => one.key === key) ?? {
      ...{ key, scope: scopes[0] as Scope, logicalId: key, resource: { Type: '' } },
    };
  const displayName = ({ scope: { stack }, logicalId, resource }: Entry): string => {
    const name = displayNameOf(logicalId, resource, stack.path);
    return stacks.length > 1 ? `${stack.stackName}/${name}` : name;
  };

  return {
    ...{ region, account, values, note: remarks.note, guarded: properties.guarded },
    stackName: stacks.map(({ stackName }) => stackName).join(', '),
    resources: entries.map(({ key, resource }) => ({ logicalId: key, type: resource.Type })),
    leftOut: leftOutOf({ scopes, entries, keyOf: names.keyOf, isLeftOut, runs }),
    nameOf(key) {
      const { scope, logicalId } = entryOf(key);
      return names.nameOf(scope, logicalId);
    },
    arnOf(key) {
      const { scope, logicalId } = entryOf(key);
      return names.arnOf(scope, logicalId) ?? refuse(key, 'an ARN of it', 'refer to it by name');
    },
    ofType: (types, wanted) =>
      entries
        .filter(({ resource }) => types.includes(resource.Type))
        .map((entry) => ({
          logicalId: entry.key,
          type: entry.resource.Type,
          metadata: entry.resource.Metadata ?? {},
          displayName: displayName(entry),
          properties: properties.of(entry, wanted),
        })),
    setUrls(known) {
      urls = known;
    },
    remarks: () => remarks.of(entries.map(({ resource }) => resource)),
  };
}

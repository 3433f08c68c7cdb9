import { isFibrinError } from '../../core/errors.ts';
import { LocalRunError } from '../problem.ts';
import type { Assembly, TemplateResource } from './assembly.ts';
import { brief } from './brief.ts';
import { classOf } from './classes.ts';
import { resolveReferences, type Values } from './dynamic-references.ts';
import { bucketName, NAMES } from './names.ts';
import { createScopes, named, type Scope } from './scopes.ts';
import { shapedProperty } from './shapes.ts';

export type Properties = Readonly<Record<string, unknown>>;

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
export interface TemplateReader {
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
  /** With `names` only those properties are resolved: others may refer to what is not known yet. */
  ofType(types: readonly string[], names: readonly string[]): readonly Resource[];
  /** The physical name of a resource: the template's own, or the one that stands in for it. */
  nameOf(logicalId: string): string;
  arnOf(logicalId: string): string;
  /** Makes the addresses known that function URLs, queues and APIs have once they listen. */
  setUrls(urls: ReadonlyMap<string, string>): void;
  /**
   * Reads something of the template. What is malformed so that its reader fails is told as an error of the property that was
   * read last.
   * @throws {LocalRunError} for whatever is thrown.
   */
  guarded<T>(read: () => T): T;
  /** Takes down that a property, or a part of one, has no effect here. */
  note(type: string, path: string): void;
  /** What has been read so far leaves open. */
  remarks(): Remarks;
}

export interface Remarks {
  /** Properties of the types that run which nothing has asked for, by type. */
  readonly notHonoured: ReadonlyMap<string, readonly string[]>;
  /** References to what does not run, which have a made-up value, by `Key.Arn`: the properties that have it. */
  readonly standIns: ReadonlyMap<string, readonly string[]>;
}

export interface LeftOut {
  readonly logicalId: string;
  readonly type: string;
  /** Properties of what runs that refer to it: `Orders.Environment`. */
  readonly referredBy: readonly string[];
}

export interface ReaderOptions {
  readonly account?: string;
  /** Types and logical ids that are left out. */
  readonly without?: readonly string[];
  readonly values?: Values;
}

/** The account of a stack that names none. */
export const ACCOUNT = '000000000000';

/** `fibrin-profile-local/GetProfile/Function/Resource` → `GetProfile`. */
export function displayNameOf(logicalId: string, resource: TemplateResource, stackPath = ''): string {
  const path = resource.Metadata?.['aws:cdk:path'];
  if (typeof path !== 'string') return logicalId;
  const parts = path.split('/').slice(Math.max(1, stackPath.split('/').length), -1);
  return (parts.at(-1) === 'Function' ? parts.slice(0, -1) : parts).join('/') || logicalId;
}

/** Stops the run for something that it would serve otherwise than AWS. */
export function refuse(logicalId: string, what: string, fix: string): never {
  throw new LocalRunError(
    `${logicalId}: ${what} is not run on this machine; ${fix}, or leave it out with --without ${logicalId}`,
  );
}

/** The last part of an ARN's resource: `function:name:alias` → `name`. */
export const functionOfArn = (arn: string): string =>
  /:function:([^:/]+)/.exec(arn)?.[1] ?? arn.split(':')[0] ?? arn;

/** A function as it is invoked: by its name alone, or by an alias. */
export interface FunctionTarget {
  readonly functionName: string;
  readonly qualifier?: string;
}

/** The function that an ARN, or the path of an invocation with one, leads to. */
export function targetOfArn(arn: string): FunctionTarget {
  const qualifier = /:function:[^:/]+:([^:/]+)/.exec(arn)?.[1];
  return { functionName: functionOfArn(arn), ...(qualifier !== undefined && { qualifier }) };
}

interface Entry {
  readonly key: string;
  readonly scope: Scope;
  readonly logicalId: string;
  readonly resource: TemplateResource;
}

const addTo = <V>(map: Map<string, Set<V>>, key: string, value: V): void => {
  map.set(key, (map.get(key) ?? new Set()).add(value));
};

const listed = (map: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> =>
  new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, values]) => [key, [...values].sort()]));

/** Reads the stacks of a run as one template: what one exports and another imports is resolved. */
export function createReader(
  given: Assembly | readonly Assembly[],
  region: string,
  { account = ACCOUNT, without = [], values = new Map() }: ReaderOptions = {},
): TemplateReader {
  const stacks = [given].flat() as readonly Assembly[];
  let urls: ReadonlyMap<string, string> = new Map();
  // Those of a nested stack are read with its template.
  const asked = new Map([['AWS::CloudFormation::Stack', new Set(['Parameters', 'TemplateURL'])]]);
  const inside = new Map<string, Set<string>>();
  const standIns = new Map<string, Set<string>>();
  const isLeftOut = (logicalId: string, type: string): boolean =>
    without.includes(logicalId) || without.includes(type);
  const runs = (logicalId: string, type: string): boolean =>
    classOf(type).kind === 'run' && !isLeftOut(logicalId, type);
  /** The property that is being resolved, and the one that a reader has touched last. */
  let resolving = '';
  let touched = '';

  const physicalId = ({ stack }: Scope, logicalId: string) => `${stack.stackName}-${logicalId}`;
  const resourceOf = ({ stack: { template } }: Scope, logicalId: string): TemplateResource | undefined =>
    Object.hasOwn(template.Resources, logicalId) ? template.Resources[logicalId] : undefined;

  const nameIn = (scope: Scope, logicalId: string): string => {
    const { Type = '', Properties } = resourceOf(scope, logicalId) ?? {};
    const property = NAMES[Type]?.property;
    if (property !== undefined && Properties?.[property] !== undefined) {
      // In an object: a name may be left out by a condition.
      const what = `${logicalId}.${property}`;
      const { name } = named(what, () => scope.resolver.resolve({ name: Properties[property] })) as {
        readonly name?: unknown;
      };
      if (name !== undefined) return textOf(what, name);
    }
    if (Type === 'AWS::S3::Bucket') return bucketName(physicalId(scope, logicalId));
    // SQS knows a FIFO queue by the end of its name, SNS a topic.
    const isFifo = String(Properties?.['FifoQueue'] ?? Properties?.['FifoTopic']) === 'true';
    return `${physicalId(scope, logicalId)}${isFifo ? '.fifo' : ''}`;
  };
  const arnIn = (scope: Scope, logicalId: string): string | undefined => {
    if (resourceOf(scope, logicalId)?.Type === 'AWS::S3::Bucket')
      return `arn:aws:s3:::${nameIn(scope, logicalId)}`;
    const [service, rest = ''] = NAMES[resourceOf(scope, logicalId)?.Type ?? '']?.arn?.split(/:(.*)/s) ?? [];
    return service && `arn:aws:${service}:${region}:${account}:${rest}${nameIn(scope, logicalId)}`;
  };
  const keyIn = (scope: Scope, logicalId: string): string =>
    scopes.filter((other) => resourceOf(other, logicalId)).length > 1
      ? physicalId(scope, logicalId)
      : logicalId;

  /** A value for what does not run. Whoever has it is told. */
  const standIn = (scope: Scope, logicalId: string, attribute: string): string => {
    addTo(standIns, attribute === '' ? logicalId : `${logicalId}.${attribute}`, resolving);
    const id = physicalId(scope, logicalId);
    const service = resourceOf(scope, logicalId)?.Type.split('::')[1]?.toLowerCase() ?? 'unknown';
    return /Arn$/.test(attribute)
      ? `arn:aws:${service}:${region}:${account}:${id}`
      : attribute
        ? `${id}-${attribute}`
        : id;
  };

  const ref = (scope: Scope, logicalId: string): string | undefined => {
    const { Type, Properties } = resourceOf(scope, logicalId) ?? {};
    if (Type !== undefined && isLeftOut(logicalId, Type)) return standIn(scope, logicalId, '');
    switch (Type) {
      case undefined:
        return undefined;
      case 'AWS::Lambda::Alias': {
        const fn = String(scope.resolver.resolve(Properties?.['FunctionName']));
        const name = String(scope.resolver.resolve(Properties?.['Name']));
        return `arn:aws:lambda:${region}:${account}:function:${functionOfArn(fn)}:${name}`;
      }
      case 'AWS::Lambda::LayerVersion':
        return `${arnIn(scope, logicalId)}:1`;
      // The URL of a queue is where the local SQS has it; functions are told when it listens.
      case 'AWS::SQS::Queue':
        return urls.get(keyIn(scope, logicalId));
      case 'AWS::SecretsManager::Secret':
      case 'AWS::SNS::Topic':
        return arnIn(scope, logicalId);
      default:
        return runs(logicalId, Type) || NAMES[Type]
          ? nameIn(scope, logicalId)
          : standIn(scope, logicalId, '');
    }
  };

  const attribute = (scope: Scope, logicalId: string, name: string): string | undefined => {
    const { Type: type, Properties } = resourceOf(scope, logicalId) ?? {};
    if (type === undefined) return undefined;
    if (name === 'Arn' && type === 'AWS::IAM::Role')
      return `arn:aws:iam::${account}:role/${physicalId(scope, logicalId)}`;
    if (isLeftOut(logicalId, type)) return standIn(scope, logicalId, name);
    const arn = arnIn(scope, logicalId);
    if (name === 'Arn' && arn !== undefined) return arn;
    switch (`${type}.${name}`) {
      case 'AWS::Lambda::Version.Version':
        return '$LATEST';
      case 'AWS::Lambda::LayerVersion.LayerVersionArn':
        return `${arn}:1`;
      case 'AWS::Lambda::Url.FunctionUrl':
      case 'AWS::ApiGatewayV2::Api.ApiEndpoint':
        return urls.get(keyIn(scope, logicalId));
      case 'AWS::ApiGatewayV2::Api.ApiId':
      case 'AWS::ApiGateway::RestApi.RestApiId':
      case 'AWS::ApiGateway::Resource.ResourceId':
        return nameIn(scope, logicalId);
      case 'AWS::ApiGateway::RestApi.RootResourceId':
        return `${nameIn(scope, logicalId)}-root`;
      case 'AWS::DynamoDB::Table.StreamArn':
      case 'AWS::DynamoDB::GlobalTable.StreamArn':
        return `${arn}/stream/local`;
      case 'AWS::SQS::Queue.QueueUrl':
        return urls.get(keyIn(scope, logicalId));
      case 'AWS::S3::Bucket.DomainName':
        return `${nameIn(scope, logicalId)}.s3.amazonaws.com`;
      case 'AWS::S3::Bucket.RegionalDomainName':
        return `${nameIn(scope, logicalId)}.s3.${region}.amazonaws.com`;
      case 'AWS::SNS::Topic.TopicArn':
        return arn;
      case 'AWS::SNS::Topic.TopicName':
      case 'AWS::SQS::Queue.QueueName':
      case 'AWS::Events::EventBus.Name':
        return nameIn(scope, logicalId);
      case 'AWS::SSM::Parameter.Value':
        return String(scope.resolver.resolve(Properties?.['Value']));
      default:
        return runs(logicalId, type) ? undefined : standIn(scope, logicalId, name);
    }
  };

  const scopes = createScopes({ stacks, region, account, values, isLeftOut, ref, attribute });
  const present: readonly Entry[] = scopes.flatMap((scope) =>
    [...scope.resources].map(([logicalId, resource]) => ({
      ...{ key: keyIn(scope, logicalId), scope, logicalId, resource },
    })),
  );
  const entryOf = (key: string): Entry => {
    const entry = present.find((one) => one.key === key);
    return entry ?? { key, scope: scopes[0] as Scope, logicalId: key, resource: { Type: '' } };
  };

  const leftOut = (): readonly LeftOut[] =>
    scopes.flatMap((scope) =>
      Object.entries(scope.stack.template.Resources)
        .filter(([logicalId, { Type }]) => isLeftOut(logicalId, Type))
        .map(([logicalId, { Type }]) => ({
          ...{ logicalId: keyIn(scope, logicalId), type: Type },
          referredBy: present
            .filter((entry) => entry.scope === scope && runs(entry.logicalId, entry.resource.Type))
            .flatMap(({ key, resource }) =>
              Object.entries(resource.Properties ?? {})
                .filter(([, value]) => refersTo(value, logicalId))
                .map(([name]) => `${key}.${name}`),
            ),
        })),
    );

  /** What CloudFormation's functions leave open: dynamic references, and the addresses of APIs. */
  const finished = (value: unknown): unknown => {
    if (typeof value === 'string') return atThisMachine(resolveReferences(value, values));
    if (Array.isArray(value)) return value.map(finished);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, finished(member)]));
  };
  const atThisMachine = (text: string): string =>
    text.replaceAll(/https:\/\/([\w-]+)\.execute-api\.[\w-]+\.[\w.]+/g, (address, id: string) => {
      const api = present.find(
        ({ scope, logicalId, resource }) => /Api$/.test(resource.Type) && physicalId(scope, logicalId) === id,
      );
      return (api && urls.get(api.key)) ?? address;
    });

  const propertiesOf = ({ key, scope, resource }: Entry, names: readonly string[]): Properties => {
    const properties = {};
    for (const name of names) {
      const raw = resource.Properties?.[name];
      const what = `${key}.${name}`;
      resolving = what;
      const value = named(what, () => finished(scope.resolver.resolve({ value: raw }) as object)) as {
        value?: unknown;
      };
      const unknown = (path: string) => addTo(inside, resource.Type, path.slice(resource.Type.length + 1));
      const shaped = shapedProperty({ logicalId: key, type: resource.Type }, name, value.value, unknown);
      Object.defineProperty(properties, name, {
        enumerable: shaped !== undefined,
        get() {
          touched = what;
          return shaped;
        },
      });
    }
    return properties;
  };

  const severalStacks = stacks.length > 1;
  return {
    ...{ region, account, values },
    stackName: stacks.map(({ stackName }) => stackName).join(', '),
    resources: present.map(({ key, resource }) => ({ logicalId: key, type: resource.Type })),
    leftOut: leftOut(),
    nameOf(key) {
      const { scope, logicalId } = entryOf(key);
      return nameIn(scope, logicalId);
    },
    arnOf(key) {
      const { scope, logicalId } = entryOf(key);
      return arnIn(scope, logicalId) ?? refuse(key, 'an ARN of it', 'refer to it by name');
    },
    ofType(types, names) {
      for (const type of types) for (const name of names) addTo(asked, type, name);
      return present
        .filter(({ resource }) => types.includes(resource.Type))
        .map((entry) => {
          const { key, scope, logicalId, resource } = entry;
          const displayName = displayNameOf(logicalId, resource, scope.stack.path);
          return {
            logicalId: key,
            type: resource.Type,
            metadata: resource.Metadata ?? {},
            displayName: severalStacks ? `${scope.stack.stackName}/${displayName}` : displayName,
            properties: propertiesOf(entry, names),
          };
        });
    },
    setUrls(known) {
      urls = known;
    },
    guarded(read) {
      touched = '';
      try {
        return read();
      } catch (error) {
        if (isFibrinError(error) || touched === '') throw error;
        throw new LocalRunError(
          `${touched} is malformed: ${(error as Error).message}; mend it in the template`,
          error,
        );
      }
    },
    note: (type, path) => addTo(inside, type, path),
    remarks() {
      const notHonoured = new Map<string, Set<string>>();
      for (const { resource } of present) {
        if (classOf(resource.Type).kind !== 'run') continue;
        for (const name of Object.keys(resource.Properties ?? {})) {
          if (asked.get(resource.Type)?.has(name) || NAMES[resource.Type]?.property === name) continue;
          addTo(notHonoured, resource.Type, name);
        }
        for (const path of inside.get(resource.Type) ?? []) addTo(notHonoured, resource.Type, path);
      }
      return { notHonoured: listed(notHonoured), standIns: listed(standIns) };
    },
  };
}

/** Whether a value refers to a resource by `Ref`, `Fn::GetAtt` or `Fn::Sub`. */
function refersTo(value: unknown, logicalId: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => {
    const texts = [member].flat().filter((one) => typeof one === 'string');
    if (name === 'Ref') return member === logicalId;
    if (name === 'Fn::GetAtt') return texts[0]?.split('.')[0] === logicalId;
    const substituted = name === 'Fn::Sub' && new RegExp(`\\$\\{${logicalId}[.}]`).test(texts[0] ?? '');
    return substituted || refersTo(member, logicalId);
  });
}

function textOf(what: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new LocalRunError(`${what}: expected a name, got ${brief(value)}; mend it in the template`);
}

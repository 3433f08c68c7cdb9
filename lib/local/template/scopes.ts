import { isFibrinError } from '../../core/errors.ts';
import { LocalRunError } from '../problem.ts';
import { type Assembly, readJson, type TemplateOutput, type TemplateResource } from './assembly.ts';
import { checkTemplate } from './check.ts';
import type { Values } from './dynamic-references.ts';
import { createResolver, type Resolver } from './intrinsics.ts';
import { parameterIn } from './parameters.ts';

/** A template of the run, a nested one too, with what its references mean. */
export interface Scope {
  readonly stack: Assembly;
  readonly resolver: Resolver;
  /** Those that are there: conditions applied, nothing that is left out. */
  readonly resources: ReadonlyMap<string, TemplateResource>;
  /** Undefined where there is no such output. */
  output(name: string): unknown;
}

export interface ScopeOptions {
  readonly stacks: readonly Assembly[];
  readonly region: string;
  readonly account: string;
  readonly values: Values;
  isLeftOut(logicalId: string, type: string): boolean;
  /** Physical id of a resource. */
  ref(scope: Scope, logicalId: string): string | undefined;
  attribute(scope: Scope, logicalId: string, attribute: string): string | undefined;
}

const NESTED = 'AWS::CloudFormation::Stack';

/** Says of which resource's part an error speaks. */
export function named<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { message } = error as Error;
    if (isFibrinError(error))
      throw message.startsWith(what) ? error : new LocalRunError(`${what}: ${message}`, error);
    throw new LocalRunError(`${what} is malformed: ${message}; fix it in the template`, error);
  }
}

/** The template of a nested stack: the asset that its URL ends with. */
function nestedStack(scope: Scope, logicalId: string, resource: TemplateResource): Assembly {
  const { stack, resolver } = scope;
  const url = named(`${logicalId}.TemplateURL`, () => resolver.resolve(resource.Properties?.['TemplateURL']));
  const file = stack.assetFolder(String(url).split('/').at(-1) ?? '');
  if (file === undefined) {
    throw new LocalRunError(
      `${logicalId}.TemplateURL: ${url} is no asset of the app, so the nested stack cannot be read; leave it out with --without ${logicalId}`,
    );
  }
  return {
    ...stack,
    stackName: `${stack.stackName}-${logicalId}`,
    template: checkTemplate(readJson(file), file),
  };
}

/** The scopes of the stacks, each followed by those of its nested stacks. */
export function createScopes(options: ScopeOptions): readonly Scope[] {
  const scopes: Scope[] = [];
  const nested = new Map<TemplateResource, Scope>();

  const exported = (name: string): unknown => {
    for (const scope of scopes) {
      for (const [output, { Export }] of Object.entries(scope.stack.template.Outputs ?? {}))
        if (Export && scope.resolver.resolve(Export.Name) === name) return scope.output(output);
    }
    return undefined;
  };

  const add = (stack: Assembly, given: () => Readonly<Record<string, unknown>>): Scope => {
    const { template, stackName } = stack;
    const region = stack.region ?? options.region;
    const account = stack.account ?? options.account;
    const resources = new Map<string, TemplateResource>();
    const resolver = createResolver(template, {
      pseudo: {
        Region: region,
        AccountId: account,
        Partition: 'aws',
        URLSuffix: 'amazonaws.com',
        StackName: stackName,
        // A stack of this machine notifies no topic of its changes.
        NotificationARNs: [],
        StackId: `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`,
      },
      parameter: (name) => parameterIn(template, name, given()[name], { scopes, values: options.values }),
      imported: exported,
      output: (name, output) => scopes.find((other) => other.stack.stackName === name)?.output(output),
      ref: (logicalId) => options.ref(scope, logicalId),
      attribute(logicalId, attribute) {
        const inner = nested.get(template.Resources[logicalId] as TemplateResource);
        if (inner && attribute.startsWith('Outputs.'))
          return inner.output(attribute.slice('Outputs.'.length)) as string | undefined;
        return options.attribute(scope, logicalId, attribute);
      },
    });
    const outputs: Readonly<Record<string, TemplateOutput>> = template.Outputs ?? {};
    /** An output whose condition does not hold is not there. */
    const outputOf = (output: TemplateOutput | undefined): unknown =>
      output?.Condition === undefined || resolver.condition(output.Condition)
        ? resolver.resolve(output?.Value)
        : undefined;
    const scope: Scope = {
      ...{ stack, resolver, resources },
      output: (name) =>
        Object.hasOwn(outputs, name)
          ? named(`Outputs.${name} of ${stackName}`, () => outputOf(outputs[name]))
          : undefined,
    };
    scopes.push(scope);
    for (const [logicalId, resource] of Object.entries(template.Resources)) {
      const { Type, Condition, Properties } = resource;
      if (options.isLeftOut(logicalId, Type)) continue;
      if (Condition !== undefined && !named(`${logicalId}.Condition`, () => resolver.condition(Condition)))
        continue;
      resources.set(logicalId, resource);
      if (Type !== NESTED) continue;
      const parameters = () =>
        named(`${logicalId}.Parameters`, () => resolver.resolve(Properties?.['Parameters'] ?? {})) as Record<
          string,
          unknown
        >;
      nested.set(resource, add(nestedStack(scope, logicalId, resource), parameters));
    }
    return scope;
  };

  for (const stack of options.stacks) add(stack, () => ({}));
  return scopes;
}

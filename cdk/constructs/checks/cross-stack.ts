import { isRecord } from '#core/property';
import type { TemplateResource } from './rule.ts';
import type { SynthesizedTemplate } from './templates.ts';

/**
 * What a reference to a resource of another stack becomes, however it is written: by a parameter of a nested stack, an output or an
 * export. References within a stack stay as CloudFormation has them.
 */
export const CROSS_STACK = 'Fibrin::CrossStack';

/** What a stack itself is listed as: its rules, and whether the local run has it synthesized. */
export const STACK = 'Fibrin::Stack';

/** A value as it is written in the template of a stack. */
export interface ForeignValue {
  readonly stack: string;
  readonly value: unknown;
}

/** What an output is known by to another stack: the name of an export, or those of a stack and its output. */
type Published = ReadonlyMap<string, ForeignValue | undefined>;

const outputKey = (stackName: unknown, output: unknown): string => JSON.stringify([stackName, output]);
const exportKey = (name: unknown): string => JSON.stringify({ name });

/** The values of outputs, where one stack alone has the name: stages may repeat names in their own accounts. */
function publishedBy(templates: readonly SynthesizedTemplate[]): Published {
  const found = new Map<string, ForeignValue | undefined>();
  const add = (key: string, value: ForeignValue) => found.set(key, found.has(key) ? undefined : value);
  for (const { stack, stackName, body } of templates)
    for (const [output, { Value: value, Export }] of Object.entries(body.Outputs ?? {})) {
      if (stackName !== undefined) add(outputKey(stackName, output), { stack, value });
      if (Export !== undefined) add(exportKey(Export.Name), { stack, value });
    }
  return found;
}

class Resolver {
  readonly #templates: ReadonlyMap<string, SynthesizedTemplate>;
  readonly #published: Published;
  readonly #nested: ReadonlyMap<string, SynthesizedTemplate>;

  constructor(templates: readonly SynthesizedTemplate[]) {
    this.#templates = new Map(templates.map((template) => [template.stack, template]));
    this.#published = publishedBy(templates);
    this.#nested = new Map(
      templates.flatMap((template) =>
        template.parent ? [[`${template.parent.stack} ${template.parent.logicalId}`, template]] : [],
      ),
    );
  }

  /** What a value of a template points to in another one. Undefined: nothing that is known. */
  #foreign({ body, parent, stack }: SynthesizedTemplate, value: Readonly<Record<string, unknown>>) {
    const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::ImportValue': name } = value;
    if (name !== undefined) return this.#published.get(exportKey(name));
    const output = value['Fn::GetStackOutput'];
    if (isRecord(output)) return this.#published.get(outputKey(output['StackName'], output['OutputName']));
    if (typeof ref === 'string' && parent && body.Parameters?.[ref] !== undefined) {
      const resource = this.#templates.get(parent.stack)?.body.Resources?.[parent.logicalId];
      const given = (resource?.Properties?.['Parameters'] as Record<string, unknown> | undefined)?.[ref];
      return given === undefined ? undefined : { stack: parent.stack, value: given };
    }
    if (!Array.isArray(attribute)) return undefined;
    const [logicalId, outputs] = attribute as readonly unknown[];
    const nested = this.#nested.get(`${stack} ${logicalId}`);
    const [, outputName] = String(outputs).split('Outputs.');
    const given = nested?.body.Outputs?.[outputName ?? ''];
    return nested && given && { stack: nested.stack, value: given.Value };
  }

  /** Follows a value through stacks to where it is a resource's. */
  resolve(template: SynthesizedTemplate, home: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.resolve(template, home, one));
    if (!isRecord(value)) return value;
    const foreign = this.#foreign(template, value);
    const there = foreign && this.#templates.get(foreign.stack);
    if (foreign && there) return this.resolve(there, home, foreign.value);
    if ('Ref' in value || 'Fn::GetAtt' in value)
      return template.stack === home || String(value['Ref']).startsWith('AWS::')
        ? value
        : { [CROSS_STACK]: { stack: template.stack, value } };
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, this.resolve(template, home, one)]),
    );
  }
}

/**
 * The resources of all templates, with references from one stack to another followed, and after those of a stack the stack itself.
 */
export function resourcesOf(templates: readonly SynthesizedTemplate[]): readonly TemplateResource[] {
  const resolver = new Resolver(templates);
  return templates.flatMap((template) => {
    const { stack, paths, body, localRun } = template;
    const resources = Object.entries(body.Resources ?? {}).map(([logicalId, { Type, Properties = {} }]) => ({
      path: paths.get(logicalId) ?? `${stack}/${logicalId}`,
      ...{ logicalId, stack, type: Type },
      properties: resolver.resolve(template, stack, Properties) as Record<string, unknown>,
    }));
    const own = { path: stack, logicalId: '', stack, type: STACK };
    return [...resources, { ...own, properties: { Rules: body.Rules, LocalRun: localRun } }];
  });
}

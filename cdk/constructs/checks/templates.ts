import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CfnResource, type IPolicyValidationContext, Stack } from 'aws-cdk-lib';
import { LOCAL_RUN_CONTEXT } from '#core/local-run';

/** A template as it is written, with what the tree of constructs knows of it. */
export interface SynthesizedTemplate {
  /** Construct path of the stack. */
  readonly stack: string;
  /** Undefined for a nested stack, whose name is made at deployment. */
  readonly stackName?: string;
  /** The template that has this one as a nested stack, and by which resource. */
  readonly parent?: { readonly stack: string; readonly logicalId: string };
  /** Construct paths by logical ids. */
  readonly paths: ReadonlyMap<string, string>;
  /** Where it is written. */
  readonly file: string;
  /** Whether the local run has it synthesized. */
  readonly localRun: boolean;
  readonly body: TemplateBody;
}

export interface TemplateBody {
  readonly Resources?: Readonly<Record<string, TemplateEntry>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
}

export interface TemplateEntry {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface TemplateOutput {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
}

function pathsOf(stack: Stack): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const construct of stack.node.findAll())
    if (CfnResource.isCfnResource(construct) && construct.stack === stack)
      paths.set(stack.resolve(construct.logicalId) as string, construct.node.path);
  return paths;
}

function read(stack: Stack, file: string): SynthesizedTemplate {
  const { nestedStackParent: parent, nestedStackResource: resource } = stack;
  return {
    stack: stack.node.path,
    ...(!parent && { stackName: stack.stackName }),
    ...(parent &&
      resource && {
        parent: {
          stack: parent.node.path,
          logicalId: parent.resolve((resource as CfnResource).logicalId) as string,
        },
      }),
    paths: pathsOf(stack),
    file,
    // By `cdk -c` it is text.
    localRun: String(stack.node.tryGetContext(LOCAL_RUN_CONTEXT)) === 'true',
    body: JSON.parse(readFileSync(file, 'utf8')) as TemplateBody,
  };
}

/** All templates that are to be validated, those of nested stacks among them, which the context does not list. */
export function readTemplates({
  appConstruct,
  stackTemplates,
}: IPolicyValidationContext): readonly SynthesizedTemplate[] {
  const files = new Map(stackTemplates.map((one) => [one.stackConstructPath, one.templatePath]));
  const templates: SynthesizedTemplate[] = [];
  for (const stack of appConstruct.node.findAll()) {
    if (!Stack.isStack(stack)) continue;
    const { nestedStackParent: parent } = stack;
    const ofParent = parent && files.get(parent.node.path);
    const file = ofParent ? join(dirname(ofParent), stack.templateFile) : files.get(stack.node.path);
    if (file === undefined || !existsSync(file)) continue;
    // A nested stack comes after its parent, and may itself be one.
    files.set(stack.node.path, file);
    templates.push(read(stack, file));
  }
  return templates;
}

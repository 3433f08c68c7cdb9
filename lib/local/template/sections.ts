import { LocalRunError } from '../problem.ts';

/** What becomes of a part of a template: its readers take it, or it is left for a reason. All other parts are refused. */
type Parts = Readonly<Record<string, 'read' | `unnoticed: ${string}`>>;

const DEPLOYS = 'unnoticed: it is about how AWS changes what is deployed';

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html */
export const SECTIONS: Parts = {
  AWSTemplateFormatVersion: 'unnoticed: there is one',
  Conditions: 'read',
  Description: 'unnoticed: it is for people',
  Hooks: DEPLOYS,
  Mappings: 'read',
  Metadata: 'unnoticed: it describes the template',
  Outputs: 'read',
  Parameters: 'read',
  Resources: 'read',
  Rules: 'unnoticed: they check parameters before AWS deploys',
  Transform: 'read',
};

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-product-attribute-reference.html */
export const ATTRIBUTES: Parts = {
  Condition: 'read',
  CreationPolicy: DEPLOYS,
  DeletionPolicy: DEPLOYS,
  DependsOn: 'unnoticed: everything is there before a function is called',
  Description: 'unnoticed: it is for people',
  Metadata: 'read',
  Properties: 'read',
  Type: 'read',
  UpdatePolicy: DEPLOYS,
  UpdateReplacePolicy: DEPLOYS,
  Version: 'unnoticed: it is for custom resources, and has one value',
};

const SAM = 'AWS::Serverless-2016-10-31';

/** Transforms that change nothing that runs. */
const TRANSFORMS: Parts = {
  'AWS::CodeDeployBlueGreen': DEPLOYS,
  // Its functions are CloudFormation's own here; its loops are refused where they stand.
  'AWS::LanguageExtensions': 'read',
  'AWS::SecretsManager-2020-07-23': 'unnoticed: it makes what rotates secrets, and none is rotated here',
  'AWS::SecretsManager-2024-09-16': 'unnoticed: it makes what rotates secrets, and none is rotated here',
};

/** What a transform leaves in a template for AWS to replace: a loop, or the call of a macro. */
const MADE_BY_AWS = /^Fn::(ForEach|Transform)(::|$)/;

const without = (what: string): never => {
  throw new LocalRunError(`${what}, which AWS runs when it deploys; give the template without it`);
};

function checkTransforms(transforms: unknown, file: string): void {
  const all = [transforms].flat();
  if (all.includes(SAM))
    throw new LocalRunError(
      `${file} is a template of SAM (Transform ${SAM}), whose resources AWS makes when it deploys; run it with sam local, or define the app with the CDK or plain CloudFormation`,
    );
  for (const transform of all) {
    if (transform !== undefined && !Object.hasOwn(TRANSFORMS, String(transform)))
      without(`${file} uses the transform ${JSON.stringify(transform)}`);
  }
}

function checkNames(names: readonly string[], known: Parts, place: string, file: string): void {
  const strange = names.find((name) => !Object.hasOwn(known, name));
  if (strange === undefined) return;
  if (MADE_BY_AWS.test(strange)) without(`${place}${strange} of ${file} is a transform`);
  throw new LocalRunError(
    `${place}${strange}: expected one of ${Object.keys(known).join(', ')}, as AWS does; leave it out of ${file}`,
  );
}

/** @throws {LocalRunError} for a name that stands for what a transform would make. */
export function checkMadeByAws(members: object, place: string, file: string): void {
  const made = Object.keys(members).find((name) => MADE_BY_AWS.test(name));
  if (made !== undefined) without(`${place}.${made} of ${file} is a transform`);
}

/** @throws {LocalRunError} for a section that is neither read nor without a difference, and for a transform that is not. */
export function checkSections(template: object, file: string): void {
  const { Transform } = template as { readonly Transform?: unknown };
  checkTransforms(Transform, file);
  checkNames(Object.keys(template), SECTIONS, '', file);
}

/** @throws {LocalRunError} for an attribute of a resource that is neither read nor without a difference. */
export function checkAttributes(logicalId: string, resource: object, file: string): void {
  checkNames(Object.keys(resource), ATTRIBUTES, `${logicalId}.`, file);
}

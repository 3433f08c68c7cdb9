import type { Template, TemplateResource } from '../../local/template/assembly.ts';
import { createResolver, type References } from '../../local/template/intrinsics.ts';
import { displayNameOf } from '../../local/template/names.ts';

/** A function with the variables that its template declares, as plain values. */
export interface FunctionVariables {
  /** What `sam local invoke` knows it by. */
  readonly logicalId: string;
  /** Name for people. */
  readonly displayName: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** A variable whose value is known in a deployment only. */
export interface MissingValue {
  readonly function: string;
  readonly variable: string;
  /** What the value is made of: `Users`, `Orders.Arn`, `AWS::AccountId`. Empty: it cannot be told. */
  readonly references: readonly string[];
}

export interface Environments {
  readonly functions: readonly FunctionVariables[];
  readonly missing: readonly MissingValue[];
}

const FUNCTIONS = ['AWS::Lambda::Function', 'AWS::Serverless::Function'];

/** The property that names a resource, where `Ref` gives that name. */
const NAMES: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::S3::Bucket': 'BucketName',
};

interface Environment {
  readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> };
}

function declaredIn(template: Template, { Type, Properties }: TemplateResource) {
  const { Globals } = template as { readonly Globals?: { readonly Function?: Environment } };
  const ofAll = Type === 'AWS::Serverless::Function' ? Globals?.Function?.Environment?.Variables : undefined;
  return { ...ofAll, ...(Properties as Environment | undefined)?.Environment?.Variables };
}

/** Resolves one value at a time and says what it lacked. */
function resolverOf(template: Template, known: ReadonlyMap<string, string>) {
  let lacking = new Set<string>();
  const lacks = (reference: string): string => {
    lacking.add(reference);
    return '';
  };
  const nameIn = ({ Type, Properties }: TemplateResource): string | undefined => {
    const name = Properties?.[NAMES[Type] ?? ''];
    return typeof name === 'string' ? name : undefined;
  };
  const pseudo = (name: string): string => known.get(`AWS::${name}`) ?? lacks(`AWS::${name}`);
  const references: References = {
    ref(id) {
      const resource = template.Resources[id];
      return known.get(id) ?? (resource && nameIn(resource)) ?? lacks(id);
    },
    attribute: (id, attribute) => known.get(`${id}.${attribute}`) ?? lacks(`${id}.${attribute}`),
    pseudo: {
      Partition: known.get('AWS::Partition') ?? 'aws',
      URLSuffix: known.get('AWS::URLSuffix') ?? 'amazonaws.com',
      get Region() {
        return pseudo('Region');
      },
      get AccountId() {
        return pseudo('AccountId');
      },
      get StackId() {
        return pseudo('StackId');
      },
      get StackName() {
        return pseudo('StackName');
      },
    },
  };
  // What is given wins over a default. A parameter without either is lacking, as a resource is.
  const parameters = Object.entries(template.Parameters ?? {}).flatMap(([id, { Default }]) => {
    const value = known.get(id) ?? Default;
    return value === undefined ? [] : [[id, { Default: value }] as const];
  });
  const resolver = createResolver({ ...template, Parameters: Object.fromEntries(parameters) }, references);
  return (value: unknown): { readonly value?: unknown; readonly lacking: readonly string[] } => {
    lacking = new Set();
    // In an object, because a value may say that it is left out.
    const resolved = resolver.resolve({ value }) as { readonly value?: unknown };
    return { ...resolved, lacking: [...lacking] };
  };
}

/** The variables of each function, and those that are missing. `overrides` are values of variables, whatever the template says. */
export function environmentsOf(
  template: Template,
  known: ReadonlyMap<string, string>,
  overrides: ReadonlyMap<string, string>,
): Environments {
  const resolve = resolverOf(template, known);
  const missing: MissingValue[] = [];
  const functions = Object.entries(template.Resources)
    .filter(([, { Type }]) => FUNCTIONS.includes(Type))
    .map(([logicalId, resource]) => {
      const variables: Record<string, string> = {};
      for (const [variable, declared] of Object.entries(declaredIn(template, resource))) {
        const given = overrides.get(variable);
        try {
          const { value, lacking } = given === undefined ? resolve(declared) : { value: given, lacking: [] };
          if (lacking.length > 0) missing.push({ function: logicalId, variable, references: lacking });
          else if (value !== undefined) variables[variable] = String(value);
        } catch {
          missing.push({ function: logicalId, variable, references: [] });
        }
      }
      return { logicalId, displayName: displayNameOf(logicalId, resource), variables };
    });
  return { functions, missing };
}

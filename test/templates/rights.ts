export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

/** One thing that somebody may do. */
export interface Right {
  /** The roles, or the resource whose policy it is. */
  readonly who: string;
  readonly action: string;
  readonly resource: string;
  /** The partition keys that it is limited to. Empty: all. */
  readonly keys: string;
}

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** A value as a person reads it: `Users.Arn` for a reference to it. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const [name = '', argument] = Object.entries(value)[0] ?? [];
  switch (name) {
    case 'Ref':
      return `\${${String(argument)}}`;
    case 'Fn::GetAtt':
      return `\${${listOf(argument).map(textOf).join('.')}}`;
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, readonly unknown[]];
      return parts.map(textOf).join(separator);
    }
    case 'Fn::Sub':
      return textOf(listOf(argument)[0]);
    default:
      return JSON.stringify(value);
  }
}

interface Statement {
  readonly Effect?: string;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const keysOf = ({ Condition }: Statement): string =>
  Object.entries(Condition ?? {})
    // That there is a key at all.
    .filter(([operator]) => operator !== 'Null')
    .flatMap(([, keys]) => listOf(keys['dynamodb:LeadingKeys']))
    .map(textOf)
    .join(', ');

function rightsOf(who: string, document: unknown): readonly Right[] {
  const { Statement } = (document ?? {}) as { readonly Statement?: unknown };
  return listOf(Statement).flatMap((listed) => {
    const statement = listed as Statement;
    if (statement.Effect !== 'Allow') return [];
    // What is not named may be done: as wide as a wildcard.
    const actions = statement.NotAction === undefined ? listOf(statement.Action) : ['*'];
    return actions.flatMap((action) =>
      listOf(statement.Resource ?? '*').map((resource) => ({
        ...{ who, action: textOf(action), resource: textOf(resource), keys: keysOf(statement) },
      })),
    );
  });
}

/** The property of each type that is a policy for whoever asks for the resource. */
const RESOURCE_POLICIES: Readonly<Record<string, string>> = {
  'AWS::Events::EventBusPolicy': 'Statement',
  'AWS::KMS::Key': 'KeyPolicy',
  'AWS::SNS::TopicPolicy': 'PolicyDocument',
  'AWS::SQS::QueuePolicy': 'PolicyDocument',
};

/** Everything that the policies of a template allow. */
export function allRights({ Resources }: Template): readonly Right[] {
  return Object.entries(Resources).flatMap(([logicalId, { Type, Properties = {} }]) => {
    switch (Type) {
      case 'AWS::IAM::Policy':
      case 'AWS::IAM::ManagedPolicy': {
        const who = [...listOf(Properties['Roles']), ...listOf(Properties['Users'])].map(textOf).join(', ');
        return rightsOf(who || logicalId, Properties['PolicyDocument']);
      }
      case 'AWS::IAM::Role':
      case 'AWS::IAM::User':
        return listOf(Properties['Policies']).flatMap((policy) =>
          rightsOf(`\${${logicalId}}`, (policy as { readonly PolicyDocument?: unknown }).PolicyDocument),
        );
      default: {
        const property = RESOURCE_POLICIES[Type];
        if (property === undefined) return [];
        const policy = Properties[property];
        return rightsOf(logicalId, property === 'Statement' ? { Statement: policy } : policy);
      }
    }
  });
}

type Reason = readonly [action: RegExp, resource: RegExp, reason: string];

/** Wildcards of roles that have a reason. */
const REASONS_OF_ROLES: readonly Reason[] = [
  [/^xray:Put(TraceSegments|TelemetryRecords)$/, /^\*$/, 'X-Ray knows no resources for them'],
  [/^lambda:InvokeFunction$/, /^\$\{\w+\.Arn\}:\*$/, 'versions of one function, whose numbers come later'],
];

/** Wildcards of a key's own policy that have a reason. The same words in a role's policy are another thing. */
const REASONS_OF_KEYS: readonly Reason[] = [
  [/^kms:\*$/, /^\*$/, "a key's own policy leaves the decision to the account's IAM; * is the key itself"],
  [/^kms:[A-Za-z]+$/, /^\*$/, "in a key's own policy * is the key itself"],
];

const hasWildcard = ({ action, resource }: Right): boolean =>
  action.includes('*') || resource.replaceAll(/\$\{[^}]*\}/g, '').includes('*');

/** Those that a wildcard makes wider than one can see, for no reason that is known. */
export function unexplained(rights: readonly Right[], template: Template): readonly Right[] {
  return rights.filter((right) => {
    if (!hasWildcard(right)) return false;
    const isOfKey = template.Resources[right.who]?.Type === 'AWS::KMS::Key';
    const reasons = isOfKey ? REASONS_OF_KEYS : REASONS_OF_ROLES;
    return !reasons.some(([action, resource]) => action.test(right.action) && resource.test(right.resource));
  });
}

/** Role × key prefix × action, as lines. */
export function rightsTable(rights: readonly Right[]): readonly string[] {
  const rows = new Map<string, { who: string; resource: string; keys: string; actions: string[] }>();
  for (const { who, resource, keys, action } of rights) {
    const id = JSON.stringify([who, resource, keys]);
    const row = rows.get(id) ?? { who, resource, keys: keys || '-', actions: [] };
    row.actions.push(action);
    rows.set(id, row);
  }
  const cells = [
    ['role or policy', 'resource', 'keys', 'actions'],
    ...[...rows.values()].map(({ who, resource, keys, actions }) => [who, resource, keys, actions.join(' ')]),
  ];
  const widths = [0, 1, 2].map((at) => Math.min(70, Math.max(...cells.map((row) => row[at]?.length ?? 0))));
  return cells.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
}

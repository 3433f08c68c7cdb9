import { isRecord } from '#core/property';
import { beginningOf, isComputed, listOf, type Resources } from './references.ts';
import type { TemplateResource } from './rule.ts';

/** Whether something is allowed. What is not known before deployment is `unknown`, and no finding. */
export type Answer = 'yes' | 'no' | 'unknown';

/** What a principal asks for. */
export interface Access {
  /** A service, e.g. `events.amazonaws.com`, or a role of the templates. */
  readonly by: string | TemplateResource;
  readonly action: string;
  readonly on: TemplateResource;
  /** Whose work the service does. Undefined: of several. */
  readonly source?: TemplateResource | undefined;
  /** The service through which a key is used, e.g. `sqs`. */
  readonly via?: string;
}

/** A statement and the stack that its references are of. */
export interface PlacedStatement {
  readonly stack: string;
  readonly statement: unknown;
}

/** All of it is needed. */
export const every = (answers: readonly Answer[]): Answer =>
  answers.includes('no') ? 'no' : answers.includes('unknown') ? 'unknown' : 'yes';

/** One of it is enough. */
export const some = (answers: readonly Answer[]): Answer =>
  answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no';

const patternOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  );

/** Whether an action is among those of a statement, by their patterns. */
export function namesAction(
  { Action, NotAction }: Readonly<Record<string, unknown>>,
  action: string,
): Answer {
  if (NotAction !== undefined) return 'unknown';
  return some(
    listOf(Action).map((one) =>
      typeof one !== 'string' ? 'unknown' : patternOf(one).test(action) ? 'yes' : 'no',
    ),
  );
}

function namesResource(
  resources: Resources,
  stack: string,
  values: unknown,
  wanted: TemplateResource,
): Answer {
  return some(
    listOf(values).map((value) => {
      if (value === '*') return 'yes';
      const named = resources.at(stack, value);
      return named === undefined ? 'unknown' : named === wanted ? 'yes' : 'no';
    }),
  );
}

function meetsKey(resources: Resources, stack: string, key: string, values: unknown, access: Access): Answer {
  const name = key.toLowerCase();
  if (name === 'aws:sourcearn' && access.source)
    return namesResource(resources, stack, values, access.source);
  if (name === 'kms:viaservice' && access.via !== undefined) {
    const { via } = access;
    const others = listOf(values)
      .map(beginningOf)
      .filter((text) => /^[a-z]+\./.test(text));
    const isOther =
      others.length === listOf(values).length && !others.some((text) => text.startsWith(`${via}.`));
    return isOther ? 'no' : 'unknown';
  }
  // What another service encrypts with the same key does not have this context.
  if (name.startsWith('kms:encryptioncontext:') && access.via !== undefined)
    return name.startsWith(`kms:encryptioncontext:aws:${access.via}:`) ? 'unknown' : 'no';
  return 'unknown';
}

function meets(resources: Resources, { stack }: PlacedStatement, condition: unknown, access: Access): Answer {
  if (condition === undefined) return 'yes';
  if (!isRecord(condition)) return 'unknown';
  return every(
    Object.entries(condition).flatMap(([operator, keys]) =>
      // `…IfExists`, `Not…` and the like decide otherwise.
      !isRecord(keys) || !/^(Arn|String)(Equals|Like)$/.test(operator)
        ? ['unknown' as const]
        : Object.entries(keys).map(([key, values]) => meetsKey(resources, stack, key, values, access)),
    ),
  );
}

/** Services have names in some regions that hold the region as well. */
function meansService(principal: unknown, service: string): Answer {
  if (principal === service) return 'yes';
  const [name = ''] = service.split('.');
  return typeof principal !== 'string' || principal.startsWith(`${name}.`) ? 'unknown' : 'no';
}

/** Whether a principal of a policy of a resource means the one that asks. */
function means(
  resources: Resources,
  stack: string,
  principal: unknown,
  by: string | TemplateResource,
): Answer {
  if (principal === '*') return 'yes';
  if (!isRecord(principal) || isComputed(principal)) return 'unknown';
  const aws = listOf(principal['AWS']);
  if (aws.includes('*')) return 'yes';
  if (typeof by !== 'string')
    return some(
      aws.map((one) => {
        if (isAccount(one)) return 'no';
        const named = resources.at(stack, one);
        return named === undefined ? 'unknown' : named === by ? 'yes' : 'no';
      }),
    );
  return some(listOf(principal['Service']).map((one) => meansService(one, by)));
}

/** Whether a principal is a whole account, which leaves the decision to the policies of its roles. */
export const isAccount = (principal: unknown): boolean => {
  const text = typeof principal === 'string' ? principal : JSON.stringify(principal);
  return /^\d{12}$|:root"?\W*$/.test(text) || JSON.stringify({ Ref: 'AWS::AccountId' }) === text;
};

/**
 * Whether a statement allows something. Statements that deny are not looked at.
 * @param isOfResource Whether the policy is that of the resource, which says for whom, and not that of a role.
 */
export function allows(
  resources: Resources,
  placed: PlacedStatement,
  access: Access,
  isOfResource: boolean,
): Answer {
  const { stack, statement } = placed;
  if (!isRecord(statement)) return 'unknown';
  const { Effect: effect, Principal, Resource, NotResource, Condition } = statement;
  if (effect !== 'Allow') return effect === 'Deny' ? 'no' : 'unknown';
  return every([
    namesAction(statement, access.action),
    ...(isOfResource ? [means(resources, stack, Principal, access.by)] : []),
    NotResource === undefined ? namesResource(resources, stack, Resource ?? '*', access.on) : 'unknown',
    meets(resources, placed, Condition, access),
  ]);
}

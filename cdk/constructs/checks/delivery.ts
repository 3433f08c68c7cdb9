import { keyLets, policyLets, policyOf, roleMay } from './permissions.ts';
import { endOf, propertyAt, type Resources } from './references.ts';
import type { TemplateResource } from './rule.ts';
import { type Access, type Answer, allows, some } from './statement.ts';

/** One thing that is to be delivered from one resource to another. */
export interface Delivery {
  /** What names the receiver, and is not complete where it may not deliver. */
  readonly from: TemplateResource;
  readonly to: TemplateResource;
  /** What the receiver is to it, e.g. `the dead-letter queue of its target Target0`. */
  readonly as: string;
  /** What happens when it is not delivered, e.g. `what it cannot deliver is lost`. */
  readonly otherwise: string;
  /** Who delivers: a service, or a role of the templates. */
  readonly by: string | TemplateResource;
  /** Whose work a service does. Undefined: of several. */
  readonly source?: TemplateResource | undefined;
}

/** How a kind of receiver takes what is delivered. */
interface Receiver {
  readonly action: string;
  /** Of the property that names its key, and the service that uses it. */
  readonly key?: string;
  readonly service?: string;
}

const RECEIVERS: Readonly<Record<string, Receiver>> = {
  'AWS::SQS::Queue': { action: 'sqs:SendMessage', key: 'KmsMasterKeyId', service: 'sqs' },
  'AWS::SNS::Topic': { action: 'sns:Publish', key: 'KmsMasterKeyId', service: 'sns' },
  'AWS::Lambda::Function': { action: 'lambda:InvokeFunction' },
  'AWS::Lambda::Alias': { action: 'lambda:InvokeFunction' },
  'AWS::Lambda::Version': { action: 'lambda:InvokeFunction' },
  'AWS::Events::EventBus': { action: 'events:PutEvents' },
};

export const actionOf = ({ to }: Delivery): string | undefined => RECEIVERS[to.type]?.action;

/** Whether Lambda lets a service invoke a function, or exactly this alias or version of it. */
function functionLets(resources: Resources, { to, by, source }: Delivery): Answer {
  return some(
    resources.ofType('AWS::Lambda::Permission').map((permission) => {
      const named = resources.of(permission, 'FunctionName');
      if (named === undefined) return 'unknown';
      const { FunctionName: _name, Principal, SourceArn, Action } = permission.properties;
      if (named !== to) return 'no';
      const statement = {
        ...{
          Effect: 'Allow',
          Action,
          Principal: Principal === '*' ? '*' : { Service: Principal },
          Resource: '*',
        },
        ...(SourceArn !== undefined && { Condition: { ArnLike: { 'aws:SourceArn': SourceArn } } }),
      };
      const access: Access = { by, action: 'lambda:InvokeFunction', on: to, source };
      return allows(resources, { stack: permission.stack, statement }, access, true);
    }),
  );
}

/** Whether the receiver takes what is delivered, its key apart. */
export function isTaken(resources: Resources, delivery: Delivery): Answer {
  const { to, by, source } = delivery;
  const action = actionOf(delivery);
  if (action === undefined) return 'unknown';
  const access: Access = { by, action, on: to, source };
  const policy = policyOf(resources, to);
  if (typeof by !== 'string') {
    // Within an account either of them is enough.
    return some([roleMay(resources, by, access), policyLets(resources, policy, access)]);
  }
  if (action === 'lambda:InvokeFunction') return functionLets(resources, delivery);
  if (action === 'events:PutEvents') return 'unknown';
  // The policy that a topic has by default lets in what acts for its account, as alarms do. EventBridge does not.
  if (by === 'cloudwatch.amazonaws.com' && policy.length === 0) return 'yes';
  return policyLets(resources, policy, access);
}

/** What is missing of a key. */
export interface KeyTrouble {
  /** The key, or the name of one of AWS's own. */
  readonly key: TemplateResource | string;
  readonly actions: readonly string[];
}

/** What a queue or a topic asks of its key for each message: a data key, and a proof that it is whole. */
const KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** What the one who delivers may not do with the key of the receiver. Undefined: nothing is known to be missing. */
export function keyTrouble(resources: Resources, { to, by, source }: Delivery): KeyTrouble | undefined {
  const { key: property, service } = RECEIVERS[to.type] ?? {};
  if (property === undefined || service === undefined) return undefined;
  const named = propertyAt(to, property);
  // A key of AWS's own lets in whom the account lets in, but no service.
  const ownOfAws = /(^|:)(alias\/aws\/.*)$/.exec(endOf(named))?.[2];
  if (ownOfAws !== undefined)
    return typeof by === 'string' ? { key: ownOfAws, actions: KEY_ACTIONS } : undefined;
  const key = resources.keyAt(to.stack, named);
  if (key === undefined) return undefined;
  const actions = KEY_ACTIONS.filter(
    (action) => keyLets(resources, key, { by, action, on: key, source, via: service }) === 'no',
  );
  return actions.length === 0 ? undefined : { key, actions };
}

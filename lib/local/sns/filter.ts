import { InvalidPatternError } from '../events/pattern/errors.ts';
import { matches } from '../events/pattern/match.ts';
import { isJsonObject } from '../events/pattern/model.ts';
import { compilePattern } from '../events/pattern/parse.ts';
import type { MessageAttribute } from '../handover.ts';
import { LocalRunError } from '../problem.ts';
import type { Notification, SubscriptionModel } from './model.ts';

/** Whether a subscription wants a message. */
export type Filter = (notification: Notification) => boolean;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON matches nothing.
    return undefined;
  }
}

/** What a filter compares; undefined for an attribute that none can: binary ones. */
function comparable({ DataType, StringValue = '' }: MessageAttribute): unknown {
  if (DataType.startsWith('Binary')) return undefined;
  if (DataType.startsWith('String.Array')) return parsed(StringValue);
  return DataType.startsWith('Number') ? Number(StringValue) : StringValue;
}

const attributesOf = ({ attributes }: Notification) =>
  Object.fromEntries(
    Object.entries(attributes)
      .map(([name, attribute]) => [name, comparable(attribute)] as const)
      .filter(([, value]) => value !== undefined),
  );

/**
 * Compiles the filter policy of a subscription, in whose language are the operators of event patterns.
 * @throws {LocalRunError} naming the subscription, for a policy that is none.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
export function compileFilter({ logicalId, filterPolicy, filterScope }: SubscriptionModel): Filter {
  const policy = typeof filterPolicy === 'string' ? parsed(filterPolicy) : filterPolicy;
  if (filterPolicy === undefined || (isJsonObject(policy) && Object.keys(policy).length === 0))
    return () => true;
  try {
    const pattern = compilePattern(policy);
    if (filterScope === 'MessageBody')
      return ({ message }) => {
        const body = parsed(message);
        return isJsonObject(body) && matches(pattern, body);
      };
    // Without any attribute none matches, not even one that wants an attribute not to be there.
    return (notification) =>
      Object.keys(notification.attributes).length > 0 && matches(pattern, attributesOf(notification));
  } catch (error) {
    if (!(error instanceof InvalidPatternError)) throw error;
    throw new LocalRunError(`${logicalId}: its filter policy: ${error.message}`, error);
  }
}

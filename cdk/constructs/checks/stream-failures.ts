import { isRecord } from '#core/property';
import { propertyAt, Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';

/** Whether a mapping reads a stream of DynamoDB or Kinesis, as far as its source says. */
function readsStream(resources: Resources, mapping: TemplateResource): boolean {
  const source = propertyAt(mapping, 'EventSourceArn');
  if (typeof source === 'string') return /^arn:[^:]*:(kinesis:|dynamodb:.*\/stream\/)/.test(source);
  const { type = '' } = resources.at(mapping.stack, source) ?? {};
  return /^AWS::(Kinesis::Stream(Consumer)?|DynamoDB::(Global)?Table)$/.test(type);
}

/** A limit that ends the retries of a batch. Undefined: there is none. */
function limitOf(mapping: TemplateResource): string | undefined {
  for (const [name, unit] of [
    ['MaximumRetryAttempts', ' retries'],
    ['MaximumRecordAgeInSeconds', ' s'],
  ] as const) {
    const limit = propertyAt(mapping, name);
    if (isRecord(limit)) return 'its retries';
    if (limit !== undefined && Number(limit) !== -1) return `${limit}${unit}`;
  }
  return undefined;
}

const WAYS_OUT = 'set `onFailure`, and a limit by `retryAttempts` or `maxRecordAge`, of the event source.';

function findingOf(mapping: TemplateResource): Finding {
  const limit = limitOf(mapping);
  return {
    resource: mapping,
    message:
      limit === undefined
        ? 'A batch that fails is tried again without a limit, and there is no destination of failures: it holds up its shard until its records expire, a day or more, and then they are lost.'
        : `A batch that fails is given up after ${limit}, and there is no destination of failures: its records are lost.`,
    fix: WAYS_OUT,
  };
}

/** A batch of a stream that fails for good has to end somewhere. */
export const STREAM_FAILURES: CheckRule = {
  id: 'StreamFailures',
  description: 'A batch of a stream that fails holds up its shard or is lost.',
  check(all) {
    const resources = new Resources(all);
    return resources
      .ofType('AWS::Lambda::EventSourceMapping')
      .filter(
        (mapping) =>
          readsStream(resources, mapping) &&
          propertyAt(mapping, 'DestinationConfig', 'OnFailure') === undefined,
      )
      .map(findingOf);
  },
};

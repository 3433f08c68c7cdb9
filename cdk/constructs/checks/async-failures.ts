import { isRecord } from '#core/property';
import { listOf, propertyAt, Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';

/** A function, or an alias or version of it, and what invokes it without waiting for an answer. */
interface AsyncInvocation {
  readonly of: TemplateResource;
  readonly by: TemplateResource;
}

/** Values that name functions for asynchronous invocation, in a resource. */
function targetsOf(resource: TemplateResource): readonly unknown[] {
  switch (resource.type) {
    case 'AWS::Events::Rule':
      return listOf(propertyAt(resource, 'Targets')).map((target) => isRecord(target) && target['Arn']);
    case 'AWS::SNS::Subscription':
      return [propertyAt(resource, 'Endpoint')];
    case 'AWS::Scheduler::Schedule':
      return [propertyAt(resource, 'Target', 'Arn')];
    case 'AWS::S3::Bucket':
      return listOf(propertyAt(resource, 'NotificationConfiguration', 'LambdaConfigurations')).map(
        (one) => isRecord(one) && one['Function'],
      );
    case 'Custom::S3BucketNotifications':
      return listOf(propertyAt(resource, 'NotificationConfiguration', 'LambdaFunctionConfigurations')).map(
        (one) => isRecord(one) && one['LambdaFunctionArn'],
      );
    default:
      return [];
  }
}

const invocationsIn = (resources: Resources): readonly AsyncInvocation[] =>
  resources.all.flatMap((by) =>
    targetsOf(by).flatMap((target) => {
      const of = resources.at(by.stack, target);
      return of && resources.functionOf(of) ? [{ of, by }] : [];
    }),
  );

/** Whether a configuration of asynchronous invocation may be that of the function, alias or version that is invoked. */
function isFor(resources: Resources, config: TemplateResource, of: TemplateResource): boolean {
  const named = resources.functionAt(config.stack, propertyAt(config, 'FunctionName'));
  if (resources.functionOf(named) !== resources.functionOf(of)) return false;
  const qualifier = propertyAt(config, 'Qualifier');
  const name = of.type === 'AWS::Lambda::Function' ? '$LATEST' : propertyAt(of, 'Name');
  return typeof qualifier !== 'string' || typeof name !== 'string' || qualifier === name;
}

function keepsFailures(resources: Resources, of: TemplateResource): boolean {
  const fn = resources.functionOf(of);
  if (fn === undefined || propertyAt(fn, 'DeadLetterConfig') !== undefined) return true;
  return resources
    .ofType('AWS::Lambda::EventInvokeConfig')
    .some(
      (config) =>
        isFor(resources, config, of) && propertyAt(config, 'DestinationConfig', 'OnFailure') !== undefined,
    );
}

function retriesOf(resources: Resources, of: TemplateResource): string {
  const config = resources.ofType('AWS::Lambda::EventInvokeConfig').find((one) => isFor(resources, one, of));
  const retries = config && propertyAt(config, 'MaximumRetryAttempts');
  return String(typeof retries === 'number' ? retries : 2);
}

/** What a function fails to do for a caller that does not wait for its answer has to end somewhere. */
export const ASYNC_FAILURES_LOST: CheckRule = {
  id: 'AsyncFailuresLost',
  description: 'What a function fails to do after an asynchronous invocation is lost.',
  check(all) {
    const resources = new Resources(all);
    const callers = new Map<TemplateResource, Set<TemplateResource>>();
    for (const { of, by } of invocationsIn(resources))
      if (!keepsFailures(resources, of)) callers.set(of, (callers.get(of) ?? new Set()).add(by));
    return [...callers].map(([resource, by]): Finding => {
      const [first] = by;
      const others = by.size === 1 ? 'invokes' : `and ${by.size - 1} more invoke`;
      return {
        resource,
        message: `${first?.path} ${others} it asynchronously, and it has neither a dead-letter queue nor a destination of failures: what it fails to do after ${retriesOf(resources, resource)} retries is lost.`,
        fix: 'set `onFailure` or `deadLetterQueue` of the function, or of the alias that is invoked.',
      };
    });
  },
};

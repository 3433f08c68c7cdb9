import type { Delivery } from '../delivery.ts';
import { propertyAt, type Resources } from '../references.ts';
import type { TemplateResource } from '../rule.ts';

const FAILED = 'what it fails to do is lost';

interface Destination {
  readonly type: string;
  readonly keys: readonly string[];
  readonly as: string;
  readonly otherwise: string;
}

const DESTINATIONS: readonly Destination[] = [
  {
    ...{ type: 'AWS::Lambda::Function', keys: ['DeadLetterConfig', 'TargetArn'] },
    ...{ as: 'its dead-letter queue', otherwise: FAILED },
  },
  {
    ...{ type: 'AWS::Lambda::EventInvokeConfig', keys: ['DestinationConfig', 'OnFailure', 'Destination'] },
    ...{ as: 'its destination of failures', otherwise: FAILED },
  },
  {
    ...{ type: 'AWS::Lambda::EventInvokeConfig', keys: ['DestinationConfig', 'OnSuccess', 'Destination'] },
    ...{ as: 'its destination of results', otherwise: 'its results are lost' },
  },
  {
    ...{ type: 'AWS::Lambda::EventSourceMapping', keys: ['DestinationConfig', 'OnFailure', 'Destination'] },
    ...{ as: 'its destination of failures', otherwise: 'batches that are given up leave no trace' },
  },
];

/** The role in whose name Lambda delivers. */
function roleOf(resources: Resources, of: TemplateResource): TemplateResource | undefined {
  const fn = resources.functionOf(
    of.type === 'AWS::Lambda::Function' ? of : resources.functionAt(of.stack, propertyAt(of, 'FunctionName')),
  );
  const role = fn && resources.of(fn, 'Role');
  return role?.type === 'AWS::IAM::Role' ? role : undefined;
}

/** Of functions: what they fail to do when they are invoked asynchronously or from a stream. */
export const functionDeliveries = (resources: Resources): readonly Delivery[] =>
  DESTINATIONS.flatMap(({ type, keys, as, otherwise }) =>
    resources.ofType(type).flatMap((from) => {
      const to = resources.of(from, ...keys);
      const by = roleOf(resources, from);
      return to && by ? [{ from, to, by, as, otherwise }] : [];
    }),
  );

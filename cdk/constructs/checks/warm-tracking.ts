import { Resources } from './references.ts';
import type { CheckRule, Finding } from './rule.ts';
import { fieldsOf, warmTargets } from './warm-template.ts';

export const WARM_CAPACITY_TRACKING: CheckRule = {
  id: 'WarmCapacityTracking',
  description:
    'Target tracking follows the average utilization of provisioned concurrency, which hides bursts.',
  check: (all) => {
    const resources = new Resources(all);
    const targets = new Set(warmTargets(resources));
    return resources
      .ofType('AWS::ApplicationAutoScaling::ScalingPolicy')
      .flatMap((resource): readonly Finding[] => {
        const { ScalingTargetId: id, TargetTrackingScalingPolicyConfiguration: configuration } =
          resource.properties;
        const { PredefinedMetricSpecification: predefined, CustomizedMetricSpecification: custom } =
          fieldsOf(configuration);
        const type = fieldsOf(predefined)['PredefinedMetricType'];
        const { MetricName: name, Statistic: statistic } = fieldsOf(custom);
        const averages =
          type === 'LambdaProvisionedConcurrencyUtilization' ||
          (name === 'ProvisionedConcurrencyUtilization' && statistic === 'Average');
        if (!averages || !resources.within(resource.stack, id).some((target) => targets.has(target)))
          return [];
        return [
          {
            resource,
            message:
              'expected target tracking by the maximum of ProvisionedConcurrencyUtilization, got its average, which a burst within a minute does not raise',
            fix: 'track a custom metric with the statistic Maximum',
          },
        ];
      });
  },
};

import { Resources } from './references.ts';
import type { CheckRule, Finding } from './rule.ts';
import { scaledBy, templateValue, VERSION, warmTargets } from './warm-template.ts';

/** @see https://github.com/aws/aws-cdk/pull/8883 */
export const WARM_CAPACITY_VERSION: CheckRule = {
  id: 'WarmCapacityVersion',
  description: 'A version has provisioned concurrency, so that a change of it replaces the version.',
  check: (all) => {
    const resources = new Resources(all);
    const finding = (resource: Finding['resource'], got: string): Finding => ({
      resource,
      message: `expected provisioned concurrency of an alias, got ${got}: a version cannot be updated, so a deployment that changes the number alone rolls back, and so does each after it`,
      fix: 'give it to the alias that callers invoke',
    });
    return [
      ...resources
        .ofType(VERSION)
        .filter((version) => templateValue(version) !== undefined)
        .map((version) => finding(version, `${String(templateValue(version))} of a version`)),
      ...warmTargets(resources).flatMap((target) =>
        scaledBy(target, resources)
          .filter(({ type }) => type === VERSION)
          .map((version) => finding(target, `a schedule or policy of the version ${version.path}`)),
      ),
    ];
  },
};

import { Resources } from './references.ts';
import type { CheckRule, Finding } from './rule.ts';
import { ALIAS, scaledBy, scalesLatest, templateValue, warmTargets } from './warm-template.ts';

const LATEST = '$LATEST';

export const WARM_CAPACITY_LATEST: CheckRule = {
  id: 'WarmCapacityLatest',
  description: '$LATEST is to have provisioned concurrency, which it never gets.',
  check: (all) => {
    const resources = new Resources(all);
    const isLatest = ({ properties }: { readonly properties: Readonly<Record<string, unknown>> }) =>
      properties['FunctionVersion'] === LATEST;
    const finding = (resource: Finding['resource'], got: string): Finding => ({
      resource,
      message: `expected provisioned concurrency of a published version, got ${got}: ${LATEST} never has any`,
      fix: 'let the alias name a version, such as `currentVersion` of the function, and let callers invoke the alias',
    });
    return [
      ...resources
        .ofType(ALIAS)
        .filter((alias) => isLatest(alias) && templateValue(alias) !== undefined)
        .map((alias) => finding(alias, `an alias of ${LATEST}`)),
      ...warmTargets(resources).flatMap((target): readonly Finding[] => {
        const alias = scaledBy(target, resources).find(isLatest);
        if (alias) return [finding(target, `${alias.path}, an alias of ${LATEST}`)];
        return scalesLatest(target) ? [finding(target, LATEST)] : [];
      }),
    ];
  },
};

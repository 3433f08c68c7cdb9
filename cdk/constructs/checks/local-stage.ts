import { isRecord } from '#core/property';
import { STACK } from './cross-stack.ts';
import { listOf, propertyAt, Resources } from './references.ts';
import type { CheckRule, Finding } from './rule.ts';

/** Whether an assertion fails whatever the parameters are: it compares two texts that differ. */
function alwaysFails(assertion: unknown): boolean {
  const assert = isRecord(assertion) && assertion['Assert'];
  const compared = isRecord(assert) ? listOf(assert['Fn::Equals']) : [];
  const [one, other] = compared;
  return typeof one === 'string' && typeof other === 'string' && one !== other;
}

/** A stack that forbids its deployment is for the local run alone. */
export const LOCAL_STAGE: CheckRule = {
  id: 'LocalStage',
  description: 'A stack that must not be deployed is synthesized for deployment.',
  check: (all) =>
    new Resources(all).ofType(STACK).flatMap((resource): readonly Finding[] => {
      if (propertyAt(resource, 'LocalRun') === true) return [];
      const rules = propertyAt(resource, 'Rules');
      return Object.entries(isRecord(rules) ? rules : {})
        .filter(([, rule]) => isRecord(rule) && listOf(rule['Assertions']).some(alwaysFails))
        .map(([name]) => ({
          resource,
          message: `Its rule ${name} forbids every deployment, and it is synthesized for one: CloudFormation refuses it, and an emulator that knows no rules deploys it.`,
          fix: 'make it only where the context fibrin:localRun is true, as it is under `fibrin local`.',
        }));
    }),
};

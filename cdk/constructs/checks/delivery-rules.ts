import { deliveriesOf } from './deliveries.ts';
import { actionOf, type Delivery, isTaken, keyTrouble } from './delivery.ts';
import { Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';

const nameOf = (one: string | TemplateResource): string => (typeof one === 'string' ? one : one.path);

function refusedFix({ by, to, source }: Delivery, action: string): string {
  if (typeof by !== 'string') return `allow ${action} on ${to.path} to the role ${by.path}.`;
  if (action === 'lambda:InvokeFunction')
    return `add a permission for ${by} to ${to.path}, exactly that function, alias or version.`;
  const whose = source ? `, with the ARN of ${source.path} as aws:SourceArn` : '';
  return `allow ${action} to ${by} in the policy of ${to.path}${whose}.`;
}

/** The receiver has to let in what delivers to it. */
export const DELIVERY_REFUSED: CheckRule = {
  id: 'DeliveryRefused',
  description: 'A queue, topic or function refuses what is to be delivered to it.',
  check(all) {
    const resources = new Resources(all);
    return deliveriesOf(resources).flatMap((delivery): readonly Finding[] => {
      const action = actionOf(delivery);
      if (action === undefined || isTaken(resources, delivery) !== 'no') return [];
      const { from, to, by, as, otherwise } = delivery;
      return [
        {
          resource: from,
          message: `${nameOf(by)} may not ${action} on ${to.path}, ${as}: ${otherwise}.`,
          fix: refusedFix(delivery, action),
        },
      ];
    });
  },
};

/** The key of the receiver has to let in what delivers to it, too. */
export const DELIVERY_KEY_REFUSED: CheckRule = {
  id: 'DeliveryKeyRefused',
  description: 'The key of a queue or topic refuses who is to deliver to it.',
  check(all) {
    const resources = new Resources(all);
    return deliveriesOf(resources).flatMap((delivery): readonly Finding[] => {
      const trouble = keyTrouble(resources, delivery);
      if (trouble === undefined) return [];
      const { from, to, by, as, otherwise } = delivery;
      const { key, actions } = trouble;
      const may = `may not ${actions.join(' and ')} with the key ${nameOf(key)} of ${to.path}, ${as}: ${otherwise}.`;
      if (typeof key === 'string')
        return [
          {
            ...{ resource: from, message: `${nameOf(by)} ${may}` },
            fix: `encrypt ${to.path} with a key of your own that lets ${nameOf(by)} in, or with one that the service manages; no one can add to the policy of ${key}.`,
          },
        ];
      const where = typeof by === 'string' ? `${by} in its policy` : `the role ${by.path}`;
      return [
        {
          ...{ resource: from, message: `${nameOf(by)} ${may}` },
          fix: `allow ${actions.join(' and ')} on ${key.path} to ${where}.`,
        },
      ];
    });
  },
};

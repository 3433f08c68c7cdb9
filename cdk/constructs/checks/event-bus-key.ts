import { keyLets } from './permissions.ts';
import { propertyAt, Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';

const isSet = (resource: TemplateResource): boolean =>
  !['', undefined].includes(propertyAt(resource, 'KmsKeyIdentifier') as string | undefined);

/** What EventBridge does with the key of a bus or an archive for each event. */
const ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

function refused(resources: Resources, resource: TemplateResource, otherwise: string): readonly Finding[] {
  const key = resources.keyAt(resource.stack, propertyAt(resource, 'KmsKeyIdentifier'));
  if (key === undefined) return [];
  const by = 'events.amazonaws.com';
  const actions = ACTIONS.filter(
    (action) => keyLets(resources, key, { by, action, on: key, via: 'events' }) === 'no',
  );
  if (actions.length === 0) return [];
  return [
    {
      resource,
      message: `${by} may not ${actions.join(' and ')} with the key ${key.path}: ${otherwise}.`,
      fix: `allow ${actions.join(' and ')} to ${by} in the policy of ${key.path}.`,
    },
  ];
}

function withoutKey(resources: Resources, archive: TemplateResource): readonly Finding[] {
  const bus = resources.of(archive, 'SourceArn');
  if (bus?.type !== 'AWS::Events::EventBus' || !isSet(bus) || isSet(archive)) return [];
  return [
    {
      resource: archive,
      message: `The archive has no key of its own, but its bus ${bus.path} has one: disabling the key of the bus leaves a readable copy of its events.`,
      fix: 'set KmsKeyIdentifier of the archive to a key that lets events.amazonaws.com in.',
    },
  ];
}

/** A bus with a key keeps its promise in its archives, and can use the key. */
export const EVENT_BUS_KEY: CheckRule = {
  id: 'EventBusKey',
  description:
    'An event bus or its archive cannot use its key, or the archive has none where the bus has one.',
  check(all) {
    const resources = new Resources(all);
    return [
      ...resources
        .ofType('AWS::Events::EventBus')
        .flatMap((bus) => refused(resources, bus, 'no event gets through')),
      ...resources
        .ofType('AWS::Events::Archive')
        .flatMap((archive) => refused(resources, archive, 'no event is kept')),
      ...resources.ofType('AWS::Events::Archive').flatMap((archive) => withoutKey(resources, archive)),
    ];
  },
};

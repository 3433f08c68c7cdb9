import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, bodyOf } from '../../support/api.ts';
import { unasked } from '../../support/asked.ts';
import type { ProfileRun } from '../../support/profile-run.ts';

interface DeepHealth {
  readonly status: string;
  readonly dependencies: Readonly<Record<string, { readonly status: string; readonly details?: object }>>;
}

const UNPROCESSED = 'Events.Updates.Events.Unprocessed';

/** Leaves a dead letter behind. */
export const deepHealth = (theRun: () => Promise<ProfileRun>) =>
  describe('the deep health of the profile app', () => {
    let api: Api;
    let bus: EventBridgeClient;
    beforeAll(async () => {
      ({ api } = await theRun());
      const { endpoints } = await api.state();
      bus = new EventBridgeClient({
        endpoint: endpoints['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? '',
        region: 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      });
    });
    afterAll(() => bus?.destroy());

    // Not those of the other suites of this run.
    const next = unasked([300, 399], [164, 199], [10, 99]);
    const deep = async () => {
      // What others have opened closes when somebody calls again.
      await api.get(`/api/profiles/${next()}`);
      return bodyOf<DeepHealth>(await api.get('/api/health/deep'));
    };

    it('shows each dead-letter queue, and that no environment is kept ready', async () => {
      await expect.poll(deep, { interval: 500 }).toMatchObject({ status: 'ok' });
      const { dependencies } = await deep();
      const empty = { visible: 0, inFlight: 0, delayed: 0 };
      const queues = Object.entries(dependencies).filter(([name]) => name.startsWith('Events.'));
      expect(queues.map(([name]) => name).sort()).toEqual([
        'Events.Contacts.Events.Unprocessed',
        'Events.Contacts.Undelivered',
        'Events.Internal.DeadLetters',
        'Events.Outbox.Unrelayed',
        'Events.Public.DeadLetters',
        'Events.Restricted.DeadLetters',
        'Events.Undelivered',
        'Events.Unjournaled',
        'Events.Updates.Events.Unprocessed',
        'Events.Updates.Undelivered',
      ]);
      for (const [, queue] of queues) expect(queue).toMatchObject({ status: 'ok', details: empty });
      expect(dependencies['getProfileCapacity']).toMatchObject({
        status: 'ok',
        details: { requested: 0, allocated: 0, available: 0, status: null },
      });
    });

    it('is degraded with a depth of 1 when an event that no consumer can do is a dead letter', async () => {
      const { buses } = await api.state();
      const { name: EventBusName } = buses.find(({ name }) => name.includes('Public')) ?? {};
      const poison = { Source: 'profiles', DetailType: 'profile.updated', Detail: '{"poison":true}' };
      await bus.send(new PutEventsCommand({ Entries: [{ EventBusName, ...poison }] }));

      await expect.poll(deep, { interval: 500 }).toMatchObject({
        status: 'degraded',
        dependencies: {
          [UNPROCESSED]: {
            ...{ status: 'failing', critical: false },
            details: { visible: 1, inFlight: 0, delayed: 0 },
          },
        },
      });
      const { status, dependencies } = await deep();
      const failing = Object.entries(dependencies).filter((entry) => entry[1].status !== 'ok');
      expect([status, failing.map(([name]) => name)]).toEqual(['degraded', [UNPROCESSED]]);
      expect((await api.get('/api/health/deep')).status).toBe(200);
    });
  });

import { randomUUID } from 'node:crypto';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { profileEvents } from '../../../functions/shared/profile-event.ts';
import { type Api, bodyOf, type Profile } from '../../support/api.ts';
import { atEndOfTest } from '../../support/ends.ts';
import { eventually } from '../../support/eventually.ts';
import type { ProfileRun } from '../../support/profile-run.ts';
import type { Views } from '../../support/views.ts';

const DAY_MS = 86_400_000;
const CONSUMERS = ['JournalProfile', 'OnContactChanged', 'OnProfileUpdated'];

export const correlatedRequests = (theRun: () => Promise<ProfileRun>) =>
  describe('a correlation id in the profile app', () => {
    let api: Api;
    let views: Views;
    let output: () => string;
    beforeAll(async () => {
      const { run, ...rest } = await theRun();
      ({ api, views } = rest);
      output = run.output;
    });
    afterEach(() => api.clearFaults());

    /** What the functions have logged under a correlation id. */
    const logged = (correlationId: string): readonly Readonly<Record<string, unknown>>[] =>
      output()
        .split('\n')
        .filter((line) => line.endsWith(`,"correlationId":"${correlationId}"}`))
        .map((line) => {
          const [name, text = ''] = line.split(' | ');
          return { function: name, ...(JSON.parse(text) as object) };
        });
    const whoLogged = (correlationId: string, message: string) =>
      logged(correlationId)
        .filter((line) => line['message'] === message)
        .map((line) => line['function'])
        .sort();

    /** Brings a change to the buses, as a redrive may long after its relay has published it. */
    async function publish(id: number, version: number, correlationId: string, ageMs: number) {
      const { endpoints, buses } = await api.state();
      const client = new EventBridgeClient({
        endpoint: endpoints['AWS_ENDPOINT_URL_EVENTBRIDGE'] ?? '',
        region: 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      });
      atEndOfTest(() => client.destroy());
      const busFor = (sensitivity = 'internal') =>
        buses.find(({ name }) => name.toLowerCase().includes(sensitivity))?.name;
      const user = { id: String(id), name: 'Ada Byron', email: 'ada@example.com', version };
      const events = profileEvents(user, undefined, { now: Date.now() - ageMs, correlationId });
      const Entries = events.map((event) => ({
        EventBusName: busFor(event.metadata?.sensitivity),
        Source: 'profiles',
        DetailType: event.type,
        Detail: JSON.stringify(event),
      }));
      expect(await client.send(new PutEventsCommand({ Entries }))).toMatchObject({
        FailedEntryCount: 0,
      });
    }

    it('goes with a change from the request over outbox, buses and queues to all consumers', async () => {
      const correlationId = randomUUID();
      const response = await api.put(
        160,
        randomUUID(),
        { name: 'Ada Byron', email: 'ada@example.com' },
        { headers: { 'x-correlation-id': correlationId } },
      );
      expect(response.headers.get('x-correlation-id')).toBe(correlationId);
      const { version } = (await bodyOf<Profile>(response)).user;

      await eventually(() => views.version(160)).toBe(version);
      await eventually(() => whoLogged(correlationId, 'A changed profile was consumed')).toEqual(CONSUMERS);
      expect(JSON.stringify(logged(correlationId))).not.toMatch(/Ada|ada@/);
    });

    it('is in the log of all consumers when they drop an event that has expired', async () => {
      const [expired, valid] = [randomUUID(), randomUUID()];
      await publish(161, 9, expired, 8 * DAY_MS);
      await publish(162, 9, valid, 6 * DAY_MS);

      await eventually(() => whoLogged(valid, 'A changed profile was consumed')).toEqual(CONSUMERS);
      await eventually(() => whoLogged(expired, 'An expired event was dropped')).toEqual(CONSUMERS);
      expect(await Promise.all([161, 162].map(views.version))).toEqual([0, 9]);
      expect((await views.journal()).has('161#9')).toBe(false);
    });

    it('is in the log with the reason why a profile is degraded', async () => {
      await api.fault('social', { kind: 'error', status: 503 });
      const correlationId = randomUUID();
      const degraded = async () => {
        const response = await api.get('/api/profiles/163', {
          headers: { 'x-correlation-id': correlationId },
        });
        return (await bodyOf<Profile>(response)).degraded;
      };

      await eventually(degraded).toContain('friendCount');

      await eventually(() => logged(correlationId)).toContainEqual(
        expect.objectContaining({
          function: 'GetProfile',
          level: 'WARN',
          policy: 'social',
          source: 'fallback',
          error: 'HttpStatusError',
          code: 'HTTP_STATUS',
          status: 503,
        }),
      );
    });
  });

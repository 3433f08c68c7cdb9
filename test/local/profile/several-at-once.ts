import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Api, bodyOf, type Profile } from '../../support/api.ts';
import type { ProfileRun } from '../../support/profile-run.ts';

export const severalAtOnce = (theRun: () => Promise<ProfileRun>) =>
  describe('several requests at once in one sandbox', () => {
    let api: Api;
    const setSandboxes = (settings: object) =>
      api.get('/_fibrin/sandboxes', { method: 'PUT', body: JSON.stringify(settings) });
    beforeAll(async () => {
      ({ api } = await theRun());
      await setSandboxes({ maxConcurrencyPerSandbox: 30 });
    });
    afterEach(() => api.clearFaults());
    afterAll(() => setSandboxes({ maxConcurrencyPerSandbox: 1 }));

    const CORRELATION = 'x-correlation-id';
    const nameOf = (id: number) => `Profile ${id}`;
    const emailOf = (id: number) => `profile-${id}@example.com`;
    const correlationOf = (id: number) => `request-of-${id}`;

    /** On a busy machine the first of a cold sandbox may be a 503. */
    async function served(send: () => Promise<Response>): Promise<Response> {
      for (;;) {
        const response = await send();
        if (response.status !== 503) return response;
      }
    }
    async function expectOwnAnswer(response: Response, id: number): Promise<Profile> {
      const profile = await bodyOf<Profile>(response);
      expect(response.status).toBe(200);
      expect(profile.user.id).toBe(String(id));
      expect(response.headers.get(CORRELATION)).toBe(correlationOf(id));
      return profile;
    }
    async function read(id: number): Promise<Profile> {
      const headers = { [CORRELATION]: correlationOf(id) };
      const profile = await expectOwnAnswer(
        await served(() => api.get(`/api/profiles/${id}`, { headers })),
        id,
      );
      for (const post of profile.posts) expect(post.id).toMatch(new RegExp(`^${id}-\\d$`));
      // As the service behind has it, unless it was not reached.
      expect([null, (id * 37) % 500]).toContain(profile.friendCount);
      return profile;
    }
    async function write(id: number): Promise<Profile> {
      const headers = { [CORRELATION]: correlationOf(id) };
      const body = { name: nameOf(id), email: emailOf(id) };
      const profile = await expectOwnAnswer(
        await served(() => api.put(id, randomUUID(), body, { headers })),
        id,
      );
      expect(profile.user).toMatchObject(body);
      return profile;
    }

    it('are answered with what is theirs, also while a service fails', async () => {
      const ids = Array.from({ length: 20 }, (_, n) => 600 + n);
      const wave = (from: number) =>
        Promise.all(ids.slice(from, from + 10).flatMap((id) => [write(id), read(id + 100), read(id + 200)]));
      const first = wave(0);
      await api.fault('social', { kind: 'error' });
      await Promise.all([first, wave(10)]);
      await api.clearFaults();
      for (const id of ids)
        expect((await read(id)).user).toMatchObject({ name: nameOf(id), email: emailOf(id) });

      const { functions } = await api.state();
      for (const name of ['GetProfile', 'PutProfile', 'Downstream']) {
        const sandboxes = functions.find((fn) => fn.name === name)?.sandboxes ?? [];
        expect(sandboxes.length).toBeGreaterThan(0);
        expect(sandboxes.length).toBeLessThanOrEqual(4);
      }
    });
  });

import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { apiOf } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type StartedRun, startRun } from '../support/local-run.ts';

const APP = fileURLToPath(new URL('../cdk/media-app', import.meta.url));

describe('a local run of an app with a bucket, a topic and a rule with a schedule', () => {
  let run: StartedRun;
  beforeAll(async () => {
    run = await startRun(['--dynamodb', 'dynalite', '--time-scale', '60'], {}, APP);
    return async () => void (await run.stop());
  });

  const messages = async (queue: string) => {
    const response = await apiOf(run.url).get(`/_fibrin/queues/${queue}?limit=50`);
    const { messages: all } = (await response.json()) as { messages: readonly { readonly body: string }[] };
    return all.map(({ body }) => body);
  };

  it('passes an event on from the schedule to the bucket, the function and the topic', async () => {
    await eventually(run.output).toMatch(/^Notes \| noted thumbnail of taken$/m);
    await eventually(() => messages('all')).toEqual(
      expect.arrayContaining([
        'thumbnail of taken',
        expect.stringContaining('"detail-type":"Object Created"'),
      ]),
    );
    // The photo has less than a hundred bytes, and the bus publishes without attributes.
    expect(await messages('large')).toEqual([]);
  });

  it('names what goes nowhere, and refuses the service that is not run', async () => {
    expect(run.output()).toMatch(
      /^topic media-Done.*: what is for email \(.*\) is not sent from this machine$/m,
    );
    expect(run.output()).toMatch(
      /^not started: .*BucketNotificationsHandler\w+.*, which only CloudFormation /m,
    );
    await eventually(run.output).toMatch(
      /^Notes calls secretsmanager, which is not run .* GetSecretValue\)$/m,
    );
    await eventually(run.output).toMatch(
      /^Notes \| secret 400 .*NotRunOnThisMachine.*secretsmanager is not run/m,
    );
  });
});

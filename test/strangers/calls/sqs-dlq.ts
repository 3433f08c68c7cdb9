import { deepStrictEqual as equal } from 'node:assert/strict';
import type { StrangerApp } from '../app.ts';

export const sqsDlq: StrangerApp = {
  name: 'sqs-dlq',
  kind: 'Queue with a worker and a dead-letter queue',
  args: ['--time-scale', '60'],
  calls: {
    async 'jobs sent by an API are done in batches'({ call, prints }) {
      for (const job of ['wash', 'dry']) {
        const { status, text } = await call('POST', '/jobs', { body: { job } });
        equal([status, typeof JSON.parse(text).id], [202, 'string']);
      }
      await prints(/Work.*did wash, received 1 time/);
      await prints(/Work.*did dry, received 1 time/);
    },
    async 'a job that fails twice is in the dead-letter queue, the others of its batch are done once'(run) {
      for (const job of ['iron', 'impossible', 'fold']) await run.call('POST', '/jobs', { body: { job } });
      equal(await run.receives('failed-jobs', 1), ['{"job":"impossible"}']);
      await run.prints(/did iron/);
      await run.prints(/did fold/);
      equal(run.output().match(/did (iron|fold)/g)?.length, 2);
      equal(await run.messages('jobs'), []);
    },
  },
};

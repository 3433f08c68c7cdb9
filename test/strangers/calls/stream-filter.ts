import { deepStrictEqual as equal } from 'node:assert/strict';
import type { StrangerApp } from '../app.ts';

export const streamFilter: StrangerApp = {
  name: 'stream-filter',
  kind: 'Stream of a table with a filter',
  args: ['--time-scale', '60'],
  calls: {
    async 'a change that matches reaches the function, with both images'({ call, prints }) {
      for (const state of ['new', 'paid']) await call('PUT', '/orders/1', { body: { state } });
      await prints(/Ship.*ship 1, new before, paid now \(MODIFY\)/);
    },
    async 'other changes do not'({ call, prints, output }) {
      // Inserted, and changed into another state.
      await call('PUT', '/orders/2', { body: { state: 'paid' } });
      for (const state of ['new', 'cancelled', 'paid']) await call('PUT', '/orders/3', { body: { state } });
      await prints(/ship 3, cancelled before/);
      equal(/ship 2|ship 3, new/.test(output()), false);
    },
    async 'a record that fails twice goes to the on-failure destination'({ call, receives }) {
      for (const state of ['new', 'paid']) await call('PUT', '/orders/lost', { body: { state } });
      const [record = ''] = await receives('unshipped', 1);
      const { requestContext, DDBStreamBatchInfo } = JSON.parse(record);
      equal([requestContext.condition, DDBStreamBatchInfo.batchSize], ['RetryAttemptsExhausted', 1]);
    },
  },
};

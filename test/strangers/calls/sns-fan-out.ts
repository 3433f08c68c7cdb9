import { deepStrictEqual as equal } from 'node:assert/strict';
import type { StrangerApp } from '../app.ts';

export const snsFanOut: StrangerApp = {
  name: 'sns-fan-out',
  kind: 'Topic that fans out to queues and a function',
  args: ['--time-scale', '60'],
  calls: {
    async 'an order reaches both queues and the function, in an envelope or raw'({ call, receives, prints }) {
      equal((await call('POST', '/orders', { body: { id: '1', country: 'FR' } })).status, 202);
      equal(await receives('billing', 1), ['{"id":"1","country":"FR"}']);
      const [envelope = ''] = await receives('abroad', 1);
      const { Type, Subject, Message } = JSON.parse(envelope);
      equal([Type, Subject, Message], ['Notification', 'order', '{"id":"1","country":"FR"}']);
      await prints(/Mail.*mail about order 1 to FR/);
    },
    async 'a filter policy keeps an order from one queue'({ call, receives, prints, messages }) {
      await call('POST', '/orders', { body: { id: '2', country: 'DE' } });
      equal((await receives('billing', 2)).length, 2);
      await prints(/Mail.*mail about order 2 to DE/);
      equal((await messages('abroad')).length, 1);
    },
    async 'what the function fails at twice is in its dead-letter queue'({ call, receives }) {
      await call('POST', '/orders', { body: { id: 'unreachable', country: 'DE' } });
      const [event = ''] = await receives('unsent-mail', 1);
      equal(JSON.parse(JSON.parse(event).Records[0].Sns.Message).id, 'unreachable');
    },
  },
};

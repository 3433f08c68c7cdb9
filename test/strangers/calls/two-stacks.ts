import { deepStrictEqual as equal, match } from 'node:assert/strict';
import type { StrangerApp } from '../app.ts';

export const twoStacks: StrangerApp = {
  name: 'two-stacks',
  kind: 'Two stacks, one refers to the other',
  calls: {
    async 'a function of one stack writes to the table and the topic of the other'({ call, receives }) {
      const { status, text } = await call('PUT', '/names/ada');
      equal(status, 201);
      const { region, topic } = JSON.parse(text);
      equal(region, 'eu-central-1');
      match(topic, /^arn:aws:sns:eu-central-1:123456789012:Data-Taken/);
      const [news = ''] = await receives('news', 1);
      equal(JSON.parse(news).Message, 'ada');
    },
    async 'a name that is taken: 409'({ call, messages }) {
      const again = await call('PUT', '/names/ada');
      equal([again.status, again.text], [409, 'ada is taken']);
      equal((await messages('news')).length, 1);
    },
  },
};

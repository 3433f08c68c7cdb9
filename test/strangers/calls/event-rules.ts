import { deepStrictEqual as equal } from 'node:assert/strict';
import type { StrangerApp } from '../app.ts';

export const eventRules: StrangerApp = {
  name: 'event-rules',
  kind: 'Bus with a pattern, rule with a schedule',
  args: ['--time-scale', '60'],
  calls: {
    async 'an event that matches reaches the function, transformed'({ call, prints }) {
      equal((await call('POST', '/orders', { body: { id: '1', total: 250 } })).status, 202);
      await prints(/Large.*large order 1 of 250/);
    },
    async 'an event that does not match reaches nothing'({ call, prints, output }) {
      await call('POST', '/orders', { body: { id: '2', total: 99 } });
      await call('POST', '/orders', { body: { id: '3', total: 101 } });
      await prints(/large order 3 of 101/);
      equal(/large order 2/.test(output()), false);
    },
    async 'the rule with a schedule calls its function again and again'({ prints }) {
      await prints(/(Tick.*Scheduled Event from aws\.events[\s\S]*){2}/);
    },
    async 'an event that the function fails at twice is in its dead-letter queue'({ call, receives }) {
      await call('POST', '/orders', { body: { id: 'cursed', total: 666 } });
      equal(await receives('lost', 1), ['{"order":"cursed","total":666}']);
    },
  },
};

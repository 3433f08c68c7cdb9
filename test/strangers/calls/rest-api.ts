import { deepStrictEqual as equal } from 'node:assert/strict';
import type { StrangerApp } from '../app.ts';

export const restApi: StrangerApp = {
  name: 'rest-api',
  kind: 'REST API with a function and a table',
  calls: {
    async 'POST /orders makes an order, GET /orders/{id} reads it'({ call }) {
      const made = await call('POST', '/prod/orders', { body: { id: '7', item: 'tea' } });
      equal([made.status, made.text], [201, '{"id":"7","item":"tea"}']);
      const read = await call('GET', '/prod/orders/7');
      equal([read.status, read.text], [200, '{"id":"7","item":"tea"}']);
    },
    async 'DELETE removes it: 404 afterwards'({ call }) {
      await call('POST', '/prod/orders', { body: { id: '8', item: 'cup' } });
      equal((await call('DELETE', '/prod/orders/8')).status, 204);
      const { status, text } = await call('GET', '/prod/orders/8');
      equal([status, text], [404, '{"message":"no order 8"}']);
    },
    async 'a preflight is answered by the API itself'({ call }) {
      const { status, headers } = await call('OPTIONS', '/prod/orders');
      equal([status, headers.get('access-control-allow-origin')], [204, '*']);
    },
    async 'a path without a method: 403'({ call }) {
      const { status, text } = await call('GET', '/prod/nothing');
      equal([status, text], [403, '{"message":"Missing Authentication Token"}']);
    },
    async 'a body that is no JSON: 502, the error is printed'({ call, prints }) {
      const { status, text } = await call('POST', '/prod/orders', { body: 'no JSON' });
      equal([status, JSON.parse(text).message], [502, 'Internal server error']);
      await prints(/SyntaxError/);
    },
  },
};

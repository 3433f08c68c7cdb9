import { deepStrictEqual as equal } from 'node:assert/strict';
import type { StrangerApp } from '../app.ts';

export const httpApi: StrangerApp = {
  name: 'http-api',
  kind: 'HTTP API with a function for each route, CORS',
  calls: {
    async 'GET /hello/{name}, answered by a callback'({ call }) {
      const { status, text } = await call('GET', '/hello/J%C3%BCrgen?mark=!');
      equal([status, text], [200, 'hello Jürgen!']);
    },
    async 'POST /sum, an object is an answer'({ call }) {
      const { status, text } = await call('POST', '/sum', { body: [1, 2, 3] });
      equal([status, text], [200, '{"sum":6}']);
    },
    async 'a page of an allowed origin may read, another may not'({ call }) {
      const allowedTo = async (origin: string) =>
        (await call('GET', '/hello/Ada', { headers: { origin } })).headers.get('access-control-allow-origin');
      equal(await allowedTo('https://shop.example'), 'https://shop.example');
      equal(await allowedTo('https://other.example'), null);
    },
    async 'no such route: 404'({ call }) {
      const { status, text } = await call('GET', '/nothing');
      equal([status, JSON.parse(text).message], [404, 'Not Found']);
    },
    async 'a handler that throws: 500, the error is printed'({ call, prints }) {
      const { status, text } = await call('GET', '/broken');
      equal([status, JSON.parse(text).message], [500, 'Internal Server Error']);
      await prints(/broken on purpose/);
    },
  },
};

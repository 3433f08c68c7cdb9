import assert from 'node:assert/strict';
import { call, json } from '../../support/raw-call.ts';
import type { ConformanceCase } from '../case.ts';

const page = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html';

interface RouteRow {
  readonly title: string;
  readonly request: readonly [method: string, path: string];
  readonly routeKey: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
}

const ROWS: readonly RouteRow[] = [
  {
    title: 'A route with a full match of method and path comes first',
    ...{ request: ['GET', '/pets/dog/1'], routeKey: 'GET /pets/dog/1' },
  },
  {
    title: 'A path variable matches one segment and reaches the function by its name',
    ...{ request: ['GET', '/pets/6'], routeKey: 'GET /pets/{id}', pathParameters: { id: '6' } },
  },
  {
    title: 'A greedy path variable matches all that no other route does',
    ...{ request: ['POST', '/pets/6/x'], routeKey: 'ANY /{proxy+}', pathParameters: { proxy: 'pets/6/x' } },
  },
];

export const ROUTE_CASES: readonly ConformanceCase[] = ROWS.map(
  ({ title, request: [method, path], routeKey, pathParameters }): ConformanceCase => ({
    ...{ area: 'http-api', title, page },
    async check(deployed) {
      const event = json(await call(`${deployed.output('Api')}${path}`, { method }));
      assert.equal(event.routeKey, routeKey);
      assert.deepEqual(event.pathParameters, pathParameters);
    },
  }),
);

import assert from 'node:assert/strict';
import { json } from '../../support/raw-call.ts';
import type { ConformanceCase } from '../case.ts';
import { type AnswerRow, answerCases, ask } from '../http.ts';

const page = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html';

interface RouteRow {
  readonly title: string;
  readonly request: readonly [method: string, path: string];
  readonly routeKey: string;
  readonly pathParameters?: Readonly<Record<string, string>>;
}

const ROWS: readonly RouteRow[] = [
  {
    title: 'A full match of method and path comes before a path variable',
    ...{ request: ['GET', '/pets/dog/1'], routeKey: 'GET /pets/dog/1' },
  },
  {
    title: 'A match of method and path with a path variable comes before a greedy one',
    ...{ request: ['GET', '/pets/dog/2'], routeKey: 'GET /pets/dog/{id}', pathParameters: { id: '2' } },
  },
  {
    title: 'A greedy path variable of a longer path comes before that of a shorter one',
    ...{ request: ['GET', '/pets/cat/1'], routeKey: 'GET /pets/{proxy+}' },
    pathParameters: { proxy: 'cat/1' },
  },
  {
    title: 'ANY with a greedy path variable gets what no method of another route matches',
    ...{ request: ['POST', '/test/5'], routeKey: 'ANY /{proxy+}', pathParameters: { proxy: 'test/5' } },
  },
  {
    title: 'The route $default gets what no other route matches',
    ...{ request: ['GET', '/'], routeKey: '$default' },
  },
  {
    title: 'A method that a resource defines comes before its ANY',
    ...{ request: ['GET', '/things'], routeKey: 'GET /things' },
  },
  {
    title: 'ANY matches the methods that a resource does not define',
    ...{ request: ['PATCH', '/things'], routeKey: 'ANY /things' },
  },
  {
    title: 'A path parameter is decoded before the integration gets it',
    ...{ request: ['GET', '/pets/dog/caf%C3%A9%20au'], routeKey: 'GET /pets/dog/{id}' },
    pathParameters: { id: 'café au' },
  },
];

const matches = ROWS.map(
  ({ title, request: [method, path], routeKey, pathParameters }): ConformanceCase => ({
    ...{ area: 'http-api', title, page },
    async check(deployed) {
      const event = json(await ask(deployed, 'Api', path, { method }));
      assert.equal(event.routeKey, routeKey);
      // A member without a value may be left out.
      assert.deepEqual(event.pathParameters ?? undefined, pathParameters);
    },
  }),
);

const notFound: AnswerRow['check'] = (got) => {
  assert.equal(got.status, 404);
  assert.equal(json(got).message, 'Not Found');
};
const routeKeyIs =
  (routeKey: string, stage: string): AnswerRow['check'] =>
  (got) => {
    const event = json(got);
    assert.deepEqual([event.routeKey, event.requestContext.stage], [routeKey, stage]);
  };

const rows: readonly AnswerRow[] = [
  {
    title: 'Without a route that matches, and without $default, the answer is Not Found',
    ...{ output: 'BareStage', path: '/elsewhere', check: notFound },
  },
  {
    title: 'A method that no route has is Not Found',
    ...{ output: 'BareStage', path: '/only', sent: { method: 'DELETE' }, check: notFound },
  },
  {
    title: 'Without a stage that matches, and without the stage $default, the answer is Not Found',
    ...{ output: 'Bare', path: '/nowhere/only', check: notFound },
  },
  {
    title: 'A request whose path begins with the name of a stage goes to that stage',
    ...{ path: '/v1/pets/dog/1', check: routeKeyIs('GET /pets/dog/1', 'v1') },
  },
  {
    title: 'A request that matches no named stage goes to the stage $default',
    ...{ path: '/v2/pets', check: routeKeyIs('ANY /{proxy+}', '$default') },
  },
];

export const ROUTE_CASES: readonly ConformanceCase[] = [
  ...matches,
  ...answerCases({ area: 'http-api', page, output: 'Api', path: '/' }, rows),
];

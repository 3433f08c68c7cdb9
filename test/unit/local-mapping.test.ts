import { describe, expect, it } from 'vitest';
import { type MappingSources, mapAnswer, mapRequest } from '../../lib/local/http/mapping.ts';
import { headerOf } from '../../lib/local/http/received.ts';
import type { MappingStep } from '../../lib/local/template/apis.ts';

const SOURCES: MappingSources = {
  received: {
    ...{ method: 'POST', path: '/dev/pets/7', query: 'a=1&a=2&b=x', protocol: 'HTTP/1.1' },
    headers: [
      ['X-Own', '1'],
      ['x-own', '2'],
    ],
  },
  body: Buffer.from('{"pet":{"names":["Ada"],"age":7},"toString":"own"}'),
  path: '/pets/7',
  pathParameters: { id: '7' },
  stageVariables: { colour: 'blue' },
  context: { requestId: 'r-1' },
};
const step = (action: MappingStep['action'], part: MappingStep['part'], name: string, value: string) => ({
  ...{ action, part, name, value },
});
const mappedTo = (value: string) =>
  headerOf(mapRequest([step('overwrite', 'header', 'x-to', value)], SOURCES), 'x-to');

describe('the value of a parameter mapping', () => {
  it.each([
    ['$request.header.X-OWN', '1,2'],
    ['$request.querystring.a', '1,2'],
    ['$request.querystring.A', undefined],
    ['$request.path', '/pets/7'],
    ['$request.path.id', '7'],
    ['$request.body.pet.age', '7'],
    ['$request.body.pet.names[0]', 'Ada'],
    ['$request.body.pet', '{"names":["Ada"],"age":7}'],
    ['$request.body.pet.constructor', undefined],
    ['$request.body.toString', 'own'],
    ['$request.body', SOURCES.body.toString()],
    ['$context.requestId', 'r-1'],
    ['$stageVariables.colour', 'blue'],
    ['$response.header.x', undefined],
    ['static', 'static'],
    ['of ${request.path.id}: ${stageVariables.colour}${context.nothing}', 'of 7: blue'],
    ['costs $5', 'costs $5'],
  ])('of %s is %j', (value, expected) => {
    expect(mappedTo(value)).toBe(expected);
  });

  it('is none for a body that is no JSON', () => {
    const steps = [step('append', 'header', 'x-to', '$request.body.pet')];
    const { headers } = mapRequest(steps, { ...SOURCES, body: Buffer.from('no JSON') });
    expect(headers).toEqual(SOURCES.received.headers);
  });
});

describe('a request', () => {
  it.each([
    [step('append', 'header', 'x-own', '3'), { own: '1,2,3' }],
    [step('overwrite', 'header', 'x-own', '3'), { own: '3' }],
    [step('remove', 'header', 'X-Own', "''"), { own: undefined }],
    [step('append', 'querystring', 'a', '3'), { query: 'a=1&a=2&b=x&a=3' }],
    [step('overwrite', 'querystring', 'a', '3'), { query: 'b=x&a=3' }],
    [step('remove', 'querystring', 'a', "''"), { query: 'b=x' }],
    [step('overwrite', 'path', '', '/cats/$'), { path: '/cats/$' }],
    [step('overwrite', 'header', 'x-own', '$request.header.nothing'), { own: '1,2' }],
  ])('is changed by %j', (one, expected) => {
    const mapped = mapRequest([one], SOURCES);
    const before = { own: '1,2', query: 'a=1&a=2&b=x', path: '/dev/pets/7' };
    expect({ own: headerOf(mapped, 'x-own'), query: mapped.query, path: mapped.path }).toEqual({
      ...before,
      ...expected,
    });
  });

  it('is changed by values of what came, not of what an earlier step made', () => {
    const steps = [
      step('remove', 'header', 'x-own', "''"),
      step('append', 'header', 'x-copy', '$request.header.x-own'),
    ];
    expect(headerOf(mapRequest(steps, SOURCES), 'x-copy')).toBe('1,2');
  });
});

describe('an answer', () => {
  const answer = { statusCode: 500, headers: { 'x-a': '1', 'x-b': ['2', '3'] }, body: '{"why":"broken"}' };

  it('is changed in its status and its headers', () => {
    const steps = [
      step('overwrite', 'statuscode', '', '403'),
      step('append', 'header', 'x-a', '$context.requestId'),
      step('append', 'header', 'x-why', '$response.body.why'),
      step('append', 'header', 'x-copy', '$response.header.X-B'),
      step('overwrite', 'header', 'x-new', '$stageVariables.colour'),
      step('append', 'header', 'x-none', '$response.header.nothing'),
      step('remove', 'header', 'x-b', "''"),
    ];
    expect(mapAnswer(steps, SOURCES, answer)).toEqual({
      statusCode: 403,
      headers: { 'x-a': ['1', 'r-1'], 'x-why': 'broken', 'x-copy': '2,3', 'x-new': 'blue' },
      body: answer.body,
    });
  });
});

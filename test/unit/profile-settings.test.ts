import { expect, test, vi } from 'vitest';
import { urlsSetting } from '../../functions/shared/settings.ts';

test('URLs are read by their names', () => {
  vi.stubEnv('QUEUES', '{"Updates.Undelivered":"https://sqs.example/1/q"}');

  expect(urlsSetting('QUEUES')).toEqual({ 'Updates.Undelivered': 'https://sqs.example/1/q' });
});

test.each([
  '',
  'https://sqs.example/1/q',
  '{',
  'null',
  '7',
  '["https://sqs.example/1/q"]',
  '{"a":"q"}',
  '{"a":7}',
  '{"a":null}',
])('a setting that is no object of URLs is refused by its name: %s', (text) => {
  vi.stubEnv('QUEUES', text);

  expect(() => urlsSetting('QUEUES')).toThrow(/ QUEUES is .*; the CDK stack sets it$/);
});

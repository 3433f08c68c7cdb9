import { deepStrictEqual as equal } from 'node:assert/strict';
import type { StrangerApp } from '../app.ts';

export const plainTemplate: StrangerApp = {
  name: 'plain-template',
  kind: 'Plain template of CloudFormation in YAML',
  args: ['--template', 'template.yaml', '--env-file', 'values.env'],
  calls: {
    async 'GET / greets with a parameter and by a condition'({ call }) {
      const { status, text } = await call('GET', '/');
      equal([status, text], [200, 'Good day, world.']);
    },
    async 'POST /tally/{name} counts in a table'({ call }) {
      equal((await call('POST', '/tally/ada')).text, '1');
      equal((await call('POST', '/tally/ada')).text, '2');
    },
    async 'a name that is too long: 400, no such route: 404'({ call }) {
      equal((await call('POST', `/tally/${'a'.repeat(21)}`)).status, 400);
      equal((await call('GET', '/tally/ada')).status, 404);
    },
  },
};

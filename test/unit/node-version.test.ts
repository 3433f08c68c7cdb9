import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { nodeProblem } from '../../lib/cli/node-version.ts';

const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };

test.each(['20.20.2', '22.2.9', '4.0.0'])(
  'the command refuses Node.js %s, and says what to do',
  (version) => {
    expect(nodeProblem(version, engines.node)).toBe(
      `expected Node.js 22.3 or later, got ${version}; npm install -D node@24 brings it into this project`,
    );
  },
);

test.each(['22.3.0', '22.11.0', '24.0.0', '100.1.0'])('the command runs on Node.js %s', (version) => {
  expect(nodeProblem(version, engines.node)).toBeUndefined();
});

import { Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { ResilienceChecks } from 'fibrin/cdk';
import { expect, test } from 'vitest';
import { findingsOf, fixesOf, newApp, newStack } from './findings.ts';

const withRuntime = (runtime: Runtime): Stack => {
  const stack = newStack();
  new LambdaFunction(stack, 'Fn', {
    runtime,
    code: Code.fromAsset(import.meta.dirname),
    handler: 'index.handler',
  });
  return stack;
};
const ended = (runtime: string, on: string): string =>
  `EndedRuntime at Shop/Fn/Resource: Its runtime is ${runtime}, whose support ended on ${on}: it gets no more security fixes, and creating and updating functions with it is blocked in time.`;

test('A function bundled by the CDK without a runtime is refused, and passes with the flag of a new app', () => {
  const entry = new URL('../fixture/throws.ts', import.meta.url).pathname;
  const plain = newStack();
  new NodejsFunction(plain, 'Fn', { entry });
  expect(findingsOf(plain)).toEqual([ended('nodejs16.x', '2024-06-12')]);

  const app = newApp({ '@aws-cdk/aws-lambda-nodejs:useLatestRuntimeVersion': true });
  new NodejsFunction(new Stack(app, 'Shop'), 'Fn', { entry });
  expect(findingsOf(app)).toEqual([]);
});

test.each([
  [Runtime.NODEJS_20_X, '2026-04-30', 'nodejs24.x'],
  [Runtime.PYTHON_3_10, '2026-10-31', 'python3.14'],
  [Runtime.PROVIDED_AL2, '2026-07-31', 'provided.al2023'],
  [Runtime.GO_1_X, '2024-01-08', 'provided.al2023'],
  [Runtime.DOTNET_CORE_3_1, '2023-04-03', 'dotnet10'],
  [Runtime.RUBY_3_2, '2026-03-31', 'ruby4.0'],
  [Runtime.JAVA_8, '2024-01-08', 'java25'],
])('A function on %s is refused, with what to take', (runtime, on, successor) => {
  expect(findingsOf(withRuntime(runtime))).toEqual([ended(runtime.name, on)]);
  expect(fixesOf(withRuntime(runtime))).toEqual([
    `set \`runtime\` to one that is supported, at best ${successor}.`,
  ]);
});

test.each([Runtime.NODEJS_22_X, Runtime.NODEJS_24_X, Runtime.PYTHON_3_14, new Runtime('cobol61')])(
  'A function on %s passes',
  (runtime) => {
    expect(findingsOf(withRuntime(runtime))).toEqual([]);
  },
);

test('The day and the dates can be overridden', () => {
  const { NODEJS_20_X, NODEJS_22_X } = Runtime;
  expect(findingsOf(withRuntime(NODEJS_22_X), { today: '2027-05-01' })).toEqual([
    ended('nodejs22.x', '2027-04-30'),
  ]);
  const runtimeEnds = { 'nodejs20.x': '2027-01-01' };
  expect(findingsOf(withRuntime(NODEJS_20_X), { runtimeEnds })).toEqual([]);
  expect(() => new ResilienceChecks({ today: 'soon' })).toThrow('expected a day as YYYY-MM-DD, got "soon"');
  expect(() => new ResilienceChecks({ runtimeEnds: { x: '1.1.2027' } })).toThrow('got "1.1.2027"');
});

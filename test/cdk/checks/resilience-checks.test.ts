import { readFileSync } from 'node:fs';
import { App, CfnResource, Stack, Stage, Validations } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { type CheckRule, ResilienceChecks } from 'fibrin/cdk';
import { describe, expect, test } from 'vitest';
import { checkRules } from '../../../cdk/constructs/checks/rules.ts';
import { newFunction } from '../deliveries.ts';
import { findingsOf, newApp, reportOf, reportsOf } from './findings.ts';

const REASON = 'The price list is for everybody.';

/** An app with an open route and an open function URL. */
function openApp(app: App = newApp()) {
  const stack = new Stack(app, 'Shop');
  const fn = newFunction(stack, 'Fn');
  const api = new HttpApi(stack, 'Api');
  const [route] = api.addRoutes({ path: '/', integration: new HttpLambdaIntegration('Integration', fn) });
  const url = fn.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  return { app, stack, api, route, url };
}

const ROUTE =
  'OpenRoute at Shop/Api/ANY--/Resource: The route ANY / has no authorizer: everybody may call it.';
const URL =
  'OpenRoute at Shop/Fn/FunctionUrl/Resource: The function URL has authType NONE: everybody may call it.';

test('An app with a finding is not synthesized, and the error says what, where and how to fix it', () => {
  const { app } = openApp(new App({ builtinCloudFormationValidation: false }));
  Validations.of(app).addPlugins(new ResilienceChecks());
  expect(() => app.synth()).toThrow(/Shop\/Fn\/FunctionUrl\/Resource/);
  const again = openApp(new App({ builtinCloudFormationValidation: false }));
  Validations.of(again.app).addPlugins(new ResilienceChecks());
  expect(() => again.app.synth()).toThrow(
    /The function URL has authType NONE: everybody may call it\.[\s\S]*set `authType` to FunctionUrlAuthType\.AWS_IAM/,
  );
});

test('An app without a finding is synthesized', () => {
  const app = new App({ builtinCloudFormationValidation: false });
  newFunction(new Stack(app, 'Shop'), 'Fn');
  Validations.of(app).addPlugins(new ResilienceChecks());
  expect(() => app.synth()).not.toThrow();
});

test('A finding has its construct, its resource and its template', () => {
  const report = reportOf(openApp().app);
  expect(report?.conclusion).toBe('failure');
  expect(report?.violations[0]?.violatingConstructs).toEqual([
    expect.objectContaining({
      constructPath: 'Shop/Api/ANY--/Resource',
      cloudFormationResource: expect.objectContaining({
        templatePath: 'Shop.template.json',
        logicalId: expect.stringContaining('Api'),
      }),
    }),
  ]);
});

describe('an acknowledgement', () => {
  test.each<[string, (made: ReturnType<typeof openApp>) => Stack | App, readonly string[]]>([
    ['the stack', ({ stack }) => stack, []],
    ['the app', ({ app }) => app, []],
    ['its route', ({ route }) => route as unknown as Stack, [URL]],
    ['its API', ({ api }) => api as unknown as Stack, [URL]],
    ['the URL', ({ url }) => url as unknown as Stack, [ROUTE]],
  ])('of %s lets pass what is in it, and nothing else', (_, of, left) => {
    const made = openApp();
    Validations.of(of(made)).acknowledge({ id: 'Fibrin::OpenRoute', reason: REASON });
    const report = reportOf(made.app);
    expect(report?.violations.map(({ violatingConstructs: [one] }) => one?.constructPath)).toEqual(
      left.map((line) => /at (.*?):/.exec(line)?.[1]),
    );
    expect(report?.conclusion).toBe(left.length === 0 ? 'success' : 'failure');
    for (const { reason } of report?.suppressedViolations ?? []) expect(reason).toBe(REASON);
    expect(report?.suppressedViolations).toHaveLength(2 - left.length);
  });

  test('of another rule lets nothing pass', () => {
    const { app } = openApp();
    Validations.of(app).acknowledge(
      { id: 'Fibrin::ApiTimeout', reason: REASON },
      { id: 'OpenRoute', reason: REASON },
    );
    expect(findingsOf(app)).toEqual([ROUTE, URL]);
  });
});

test('A stage may have the plugin for itself', () => {
  const app = newApp();
  for (const name of ['Beta', 'Prod']) {
    const stack = new Stack(new Stage(app, name), 'Shop');
    newFunction(stack, 'Fn').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    if (name === 'Prod') Validations.of(stack).addPlugins(new ResilienceChecks());
  }
  newFunction(new Stack(app, 'Tools'), 'Fn').addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
  const places = (plugins: ReturnType<typeof reportsOf>) =>
    plugins
      .flatMap(({ violations }) => violations)
      .flatMap(({ violatingConstructs }) => violatingConstructs.map(({ constructPath }) => constructPath));
  expect(places(reportsOf(app))).toEqual(['Prod/Shop/Fn/FunctionUrl/Resource']);
});

test('A rule of your own is asked too, and acknowledged like the others', () => {
  const check: CheckRule['check'] = (resources) =>
    resources
      .filter(({ type }) => type === 'Custom::Thing')
      .map((resource) => ({ resource, message: `${resource.logicalId} is a thing.`, fix: 'remove it.' }));
  const rule: CheckRule = { id: 'NoThing', description: 'There are things.', check };
  const thing = () => {
    const app = newApp();
    const stack = new Stack(app, 'Shop');
    new CfnResource(stack, 'Thing', { type: 'Custom::Thing' });
    return { app, stack };
  };
  expect(findingsOf(thing().app, { extraRules: [rule] })).toEqual([
    'NoThing at Shop/Thing: Thing is a thing.',
  ]);
  const { app, stack } = thing();
  Validations.of(stack).acknowledge({ id: 'Fibrin::NoThing', reason: 'It is needed.' });
  expect(findingsOf(app, { extraRules: [rule] })).toEqual([]);
});

test('The rules are named once each', () => {
  const { ruleIds } = new ResilienceChecks();
  expect(new Set(ruleIds).size).toBe(ruleIds.length);
  for (const id of ruleIds) expect(id).toMatch(/^[A-Z][A-Za-z]+$/);
});

test('The guide has a row for each rule, and for no other', () => {
  const guide = readFileSync('docs/guides/checks.md', 'utf8');
  const rows = [...guide.matchAll(/^\| `(\w+)` \|/gm)].map(([, id]) => id);
  const ids = checkRules({}, '2026-11-30').map(({ id }) => id);
  expect(rows.toSorted()).toEqual(ids.toSorted());
});

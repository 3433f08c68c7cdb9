/* A function of a zip archive and a folder of code; both use a module of one layer. */
import { App, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'LayersAndZip');
const layer = new LayerVersion(stack, 'Greeting', {
  code: Code.fromAsset('layer'),
  compatibleRuntimes: [Runtime.NODEJS_22_X],
});
const api = new HttpApi(stack, 'Api');
const fn = (name, code, layers) => {
  const made = new LambdaFunction(stack, name, {
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    code,
    layers,
  });
  api.addRoutes({
    path: `/${name.toLowerCase()}`,
    methods: [HttpMethod.GET],
    integration: new HttpLambdaIntegration(`${name}Integration`, made),
  });
};
fn('Zipped', Code.fromAsset('packed/zipped.zip'), [layer]);
fn('Folder', Code.fromAsset('handlers'), [layer]);
fn('Bare', Code.fromAsset('handlers'), []);
fn('Inline', Code.fromInline('exports.handler = async () => "inline code";'), []);

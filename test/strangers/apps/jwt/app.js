/* An API that asks for tokens of an issuer, and for a scope to write. */
import { App, Stack } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const stack = new Stack(new App(), 'Jwt');
const notes = new LambdaFunction(stack, 'Notes', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'notes.handler',
  code: Code.fromAsset('handlers'),
});
const integration = new HttpLambdaIntegration('NotesIntegration', notes);
const api = new HttpApi(stack, 'Api', {
  defaultAuthorizer: new HttpJwtAuthorizer('Tokens', 'https://issuer.example', { jwtAudience: ['notes'] }),
});
api.addRoutes({ path: '/notes', methods: [HttpMethod.GET], integration });
api.addRoutes({
  path: '/notes',
  methods: [HttpMethod.POST],
  integration,
  authorizationScopes: ['notes:write'],
});
api.addRoutes({
  path: '/health',
  methods: [HttpMethod.GET],
  integration,
  authorizer: new HttpNoneAuthorizer(),
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConformanceApp } from '../case.ts';
import { handlerFile } from '../handler-file.ts';
import { fn, permission } from '../template.ts';
import { ANSWER_CASES } from './answers.ts';
import { CORS_CASES } from './cors.ts';
import { EVENT_1_CASES } from './event-1.ts';
import { EVENT_2_CASES } from './event-2.ts';
import { MAPPING_CASES, REQUEST_PARAMETERS, RESPONSE_PARAMETERS } from './mapping.ts';
import { httpApi, integrated, stage } from './parts.ts';
import { ROUTE_CASES } from './routes.ts';
import { KEY_SET, startIssuer, TOKEN_CASES } from './tokens.ts';

const CORS = {
  AllowOrigins: ['https://www.example.com'],
  AllowMethods: ['GET', 'PUT', 'DELETE'],
  AllowHeaders: ['Authorization', 'X-Own'],
  ExposeHeaders: ['Date', 'x-api-id'],
  AllowCredentials: true,
  MaxAge: 300,
};
const OPEN_CORS = { AllowOrigins: ['*'], AllowMethods: ['*'], AllowHeaders: ['*'] };
const PETS = ['GET /pets/dog/1', 'GET /pets/dog/{id}', 'GET /pets/{proxy+}', 'ANY /{proxy+}', '$default'];
const answerTo = { apiId: 'Api', functionId: 'Answer' };
const echoTo = { apiId: 'Api', functionId: 'Echo' };

export const HTTP_API_APP: ConformanceApp = {
  name: 'http-api',
  resources: {
    Echo: fn({ handler: 'echo.handler' }),
    EchoPermission: permission('Echo', 'apigateway'),
    Answer: fn({ handler: 'answer.handler' }),
    AnswerPermission: permission('Answer', 'apigateway'),
    Hasty: fn({ handler: 'answer.handler', timeout: 1 }),
    HastyPermission: permission('Hasty', 'apigateway'),

    ...httpApi('Api'),
    ...stage('Api', '$default', { colour: 'blue' }),
    ...stage('Api', 'v1', { colour: 'green' }),
    ...integrated({ ...echoTo, id: 'Two' }, [...PETS, 'GET /things', 'ANY /things', 'ANY /two/{proxy+}']),
    ...integrated({ ...echoTo, id: 'One', format: '1.0' }, ['ANY /one/{proxy+}', 'GET /plain-one']),
    ...integrated({ ...echoTo, id: 'Mapped', more: { RequestParameters: REQUEST_PARAMETERS } }, [
      'ANY /mapped/{name}',
    ]),
    ...integrated({ ...answerTo, id: 'Answers' }, ['ANY /answer']),
    ...integrated({ ...answerTo, id: 'AnswersOne', format: '1.0' }, ['ANY /answer-one']),
    ...integrated({ ...answerTo, id: 'Late', more: { TimeoutInMillis: 500 } }, ['ANY /late']),
    ...integrated(
      {
        ...{ ...answerTo, id: 'MappedAnswers' },
        more: {
          ResponseParameters: Object.fromEntries(
            Object.entries(RESPONSE_PARAMETERS).map(([status, ResponseParameters]) => [
              status,
              { ResponseParameters },
            ]),
          ),
        },
      },
      ['ANY /mapped-answer'],
    ),
    ...integrated({ apiId: 'Api', functionId: 'Hasty', id: 'HastyAnswers' }, ['ANY /answer-in-a-second']),

    ...httpApi('Cors', { CorsConfiguration: CORS }),
    ...stage('Cors', '$default'),
    ...integrated({ apiId: 'Cors', functionId: 'Answer', id: 'CorsAnswers' }, ['POST /answer']),
    ...httpApi('OpenCors', { CorsConfiguration: OPEN_CORS }),
    ...stage('OpenCors', '$default'),
    ...integrated({ apiId: 'OpenCors', functionId: 'Answer', id: 'OpenCorsAnswers' }, ['POST /answer']),

    ...httpApi('Bare'),
    ...stage('Bare', 'v1'),
    ...integrated({ apiId: 'Bare', functionId: 'Echo', id: 'BareOnly', format: '1.0' }, [
      'GET /only',
      'GET /one',
    ]),
  },
  addresses: {
    Api: { api: 'Api' },
    Cors: { api: 'Cors' },
    OpenCors: { api: 'OpenCors' },
    Bare: { api: 'Bare' },
    BareStage: { api: 'Bare', stage: 'v1' },
  },
  code: { echo: handlerFile('echo'), answer: handlerFile('answer') },
  cases: [
    ...[...ROUTE_CASES, ...EVENT_2_CASES, ...EVENT_1_CASES, ...ANSWER_CASES],
    ...[...CORS_CASES, ...MAPPING_CASES],
  ],
};

/** Has an issuer of its own, which a target that fetches its keys can ask. */
export const TOKENS_APP: ConformanceApp = {
  name: 'http-api-tokens',
  async resources() {
    const authorizer = { AuthorizationType: 'JWT', AuthorizerId: { Ref: 'Authorizer' } };
    const echoTo = { apiId: 'Api', functionId: 'Echo' };
    return {
      Echo: fn({ handler: 'echo.handler' }),
      EchoPermission: permission('Echo', 'apigateway'),
      ...httpApi('Api'),
      ...stage('Api', '$default'),
      Authorizer: {
        Type: 'AWS::ApiGatewayV2::Authorizer',
        Properties: {
          ...{ ApiId: { Ref: 'Api' }, Name: 'tokens', AuthorizerType: 'JWT' },
          IdentitySource: ['$request.header.Authorization'],
          JwtConfiguration: { Issuer: await startIssuer(), Audience: ['app'] },
        },
      },
      ...integrated({ ...echoTo, id: 'Open' }, ['GET /open']),
      ...integrated({ ...echoTo, id: 'Private' }, ['GET /private'], authorizer),
      ...integrated({ ...echoTo, id: 'Scoped' }, ['GET /scoped'], {
        ...authorizer,
        AuthorizationScopes: ['user.id', 'user.email'],
      }),
    };
  },
  addresses: { Api: { api: 'Api' } },
  code: { echo: handlerFile('echo') },
  cases: TOKEN_CASES,
  localArguments(folder) {
    writeFileSync(join(folder, 'jwks.json'), JSON.stringify(KEY_SET));
    return ['--jwks', 'jwks.json'];
  },
};

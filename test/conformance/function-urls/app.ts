import type { ConformanceApp } from '../case.ts';
import { handlerFile } from '../handler-file.ts';
import { fn, getAtt, openUrl } from '../template.ts';
import { URL_ANSWER_CASES } from './answers.ts';
import { URL_EVENT_CASES } from './events.ts';
import { RIGHT_CASES } from './rights.ts';
import { STREAM_CASES } from './streams.ts';

const CORS = {
  AllowOrigins: ['https://www.example.com'],
  AllowMethods: ['GET', 'POST'],
  AllowHeaders: ['Keep-Alive', 'X-Custom-Header'],
  ExposeHeaders: ['Date', 'X-Custom-Header'],
  AllowCredentials: true,
  MaxAge: 300,
};
/** A URL without the permission that opens it. */
const url = (functionId: string, AuthType: 'AWS_IAM' | 'NONE') => ({
  [`${functionId}Url`]: {
    Type: 'AWS::Lambda::Url',
    Properties: { TargetFunctionArn: getAtt(functionId), AuthType },
  },
});
const answer = { handler: 'answer.handler' };
const stream = { handler: 'stream.handler' };

const FUNCTION_IDS = ['Echo', 'Answer', 'Hasty', 'Closed', 'Cors', 'Iam', 'Forbidden', 'Stream', 'Buffered'];

export const FUNCTION_URL_APP: ConformanceApp = {
  name: 'function-urls',
  resources: {
    Echo: fn({ handler: 'echo.handler' }),
    ...openUrl('Echo'),
    Answer: fn(answer),
    ...openUrl('Answer'),
    Hasty: fn({ ...answer, timeout: 1 }),
    ...openUrl('Hasty'),
    Closed: fn({ ...answer, more: { ReservedConcurrentExecutions: 0 } }),
    ...openUrl('Closed'),
    Cors: fn(answer),
    ...openUrl('Cors', { Cors: CORS }),
    Iam: fn({ handler: 'echo.handler' }),
    ...url('Iam', 'AWS_IAM'),
    Forbidden: fn({ handler: 'echo.handler' }),
    ...url('Forbidden', 'NONE'),
    Stream: fn(stream),
    ...openUrl('Stream', { InvokeMode: 'RESPONSE_STREAM' }),
    Buffered: fn(stream),
    ...openUrl('Buffered', { InvokeMode: 'BUFFERED' }),
  },
  addresses: Object.fromEntries(FUNCTION_IDS.map((id) => [id, { functionUrl: `${id}Url` }])),
  code: Object.fromEntries(['echo', 'answer', 'stream'].map((name) => [name, handlerFile(name)])),
  cases: [...URL_EVENT_CASES, ...URL_ANSWER_CASES, ...RIGHT_CASES, ...STREAM_CASES],
};

import { ASYNC_APP } from './async/app.ts';
import { BUSES_APP } from './buses/app.ts';
import type { ConformanceApp } from './case.ts';
import { FIFO_APP } from './fifo/app.ts';
import { FUNCTION_URL_APP } from './function-urls/app.ts';
import { HTTP_API_APP, TOKENS_APP } from './http-api/app.ts';
import { LOADING_APP } from './loading/app.ts';
import { REST_API_APP } from './rest-api/app.ts';
import { SCHEDULER_APP } from './scheduler/app.ts';
import { SQS_APP } from './sqs/app.ts';
import { STREAMS_APP } from './streams/app.ts';

export const APPS: readonly ConformanceApp[] = [
  HTTP_API_APP,
  TOKENS_APP,
  REST_API_APP,
  FUNCTION_URL_APP,
  LOADING_APP,
  ASYNC_APP,
  SQS_APP,
  FIFO_APP,
  STREAMS_APP,
  BUSES_APP,
  SCHEDULER_APP,
];

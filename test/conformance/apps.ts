import type { ConformanceApp } from './case.ts';
import { FUNCTION_URL_APP } from './function-urls/app.ts';
import { HTTP_API_APP, TOKENS_APP } from './http-api/app.ts';
import { LOADING_APP } from './loading/app.ts';
import { REST_API_APP } from './rest-api/app.ts';

export const APPS: readonly ConformanceApp[] = [
  HTTP_API_APP,
  TOKENS_APP,
  REST_API_APP,
  FUNCTION_URL_APP,
  LOADING_APP,
];

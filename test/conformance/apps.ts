import type { ConformanceApp } from './case.ts';
import { HTTP_API_APP, TOKENS_APP } from './http-api/app.ts';

export const APPS: readonly ConformanceApp[] = [HTTP_API_APP, TOKENS_APP];

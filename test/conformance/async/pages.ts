import { casesOf } from '../events/case-of.ts';

const GUIDE = 'https://docs.aws.amazon.com/lambda/latest/dg/';

export const INVOKE = 'https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html';
export const ASYNC: string = `${GUIDE}invocation-async.html`;
export const ERRORS: string = `${GUIDE}invocation-async-error-handling.html`;
export const RECORDS: string = `${GUIDE}invocation-async-retain-records.html`;
export const SYNC: string = `${GUIDE}invocation-sync.html`;
export const RETRIES: string = `${GUIDE}invocation-retries.html`;
export const QUOTAS: string = `${GUIDE}gettingstarted-limits.html`;
export const CONTEXT: string = `${GUIDE}nodejs-context.html`;
export const EXCEPTIONS: string = `${GUIDE}nodejs-exceptions.html`;
export const ALIASES: string = `${GUIDE}configuration-aliases.html`;
export const CONCURRENCY: string = `${GUIDE}configuration-concurrency.html`;
export const TIMEOUT: string = `${GUIDE}configuration-timeout.html`;

export const asyncCase = casesOf('async');

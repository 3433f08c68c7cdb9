import { casesOf, PATIENT } from '../events/case-of.ts';

const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/dg/';
const DYNAMODB = 'https://docs.aws.amazon.com/amazondynamodb/latest/';

export const WITH_DDB: string = `${LAMBDA}with-ddb.html`;
export const PARAMETERS: string = `${LAMBDA}services-ddb-params.html`;
export const ERRORS: string = `${LAMBDA}services-dynamodb-errors.html`;
export const REPORTS: string = `${LAMBDA}services-ddb-batchfailurereporting.html`;
export const FILTERING: string = `${LAMBDA}with-ddb-filtering.html`;
export const STREAMS: string = `${DYNAMODB}developerguide/Streams.html`;
export const RECORD: string = `${DYNAMODB}APIReference/API_streams_Record.html`;
export const STREAM_RECORD: string = `${DYNAMODB}APIReference/API_streams_StreamRecord.html`;

export const streamCase = casesOf('streams');
/** For cases that wait for a stream that tries again. */
export const retriedCase: typeof streamCase = (title, page, check) => streamCase(title, page, check, PATIENT);

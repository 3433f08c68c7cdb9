import { casesOf } from '../events/case-of.ts';

const LAMBDA = 'https://docs.aws.amazon.com/lambda/latest/dg/';
const GUIDE = 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/';

/** The page of an operation of SQS, or of a type. */
export const api = (name: string): string =>
  `https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_${name}.html`;
export const guide = (name: string): string => `${GUIDE}${name}.html`;

export const WITH_SQS: string = `${LAMBDA}with-sqs.html`;
export const PARAMETERS: string = `${LAMBDA}services-sqs-parameters.html`;
export const ERRORS: string = `${LAMBDA}services-sqs-errorhandling.html`;
export const SCALING: string = `${LAMBDA}services-sqs-scaling.html`;
export const FILTERING: string = `${LAMBDA}with-sqs-filtering.html`;

export const sqsCase = casesOf('sqs');
export const fifoCase = casesOf('fifo');

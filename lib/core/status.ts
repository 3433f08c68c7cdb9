import { propertyOf } from './property.ts';

/** Where errors keep the answer: AWS SDK v3 in both of the first, got, ky and axios in the last. Others are it themselves. */
const ANSWERS: readonly string[] = ['$metadata', '$response', 'response'];

/** An error, and what it holds of the answer that it stands for. */
export const answersOf = (error: unknown): readonly unknown[] => [
  error,
  ...ANSWERS.map((key) => propertyOf(error, key)),
];

/**
 * What clients call the status of an answer. `downstreamStatus` is first: it is what a service answered, where `status` is
 * what our own caller is answered.
 */
const NAMES: readonly string[] = [
  'downstreamStatus',
  'status', // axios, ky, ofetch, OpenAI
  'statusCode', // undici, got, the response of the AWS SDK v3
  'httpStatusCode', // AWS SDK v3
];

/**
 * The HTTP status for each of the gRPC codes 1 (CANCELLED) to 16 (UNAUTHENTICATED).
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
 */
const GRPC: readonly number[] = [
  499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
];

/** `code` alone says too little: a DOMException has small numbers there too. */
function grpcStatusOf(error: unknown): number | undefined {
  const code = propertyOf(error, 'code');
  return typeof code === 'number' &&
    typeof propertyOf(error, 'details') === 'string' &&
    propertyOf(error, 'metadata')
    ? GRPC[code - 1]
    : undefined;
}

const isStatus = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 100 && (value as number) < 600;

/** The HTTP status that an error carries, as the common clients keep it, an integer from 100 to 599. Else undefined. */
export const statusOf = (error: unknown): number | undefined =>
  answersOf(error)
    .flatMap((answer) => NAMES.map((name) => propertyOf(answer, name)))
    .find(isStatus) ?? grpcStatusOf(error);

/**
 * Whether a status speaks of the moment: the same request may succeed later. 501 and 505 do not, since they speak of the
 * request: the server does not support its method or its version of HTTP (in gRPC: it has no such method).
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-server-error-5xx
 */
export const isTransientStatus = (status: number): boolean =>
  [408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505);

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isRecord } from '../../core/property.ts';
import { readBody } from '../../http/read-body.ts';
import { crc32 } from './crc32.ts';
import { kindOf, refusal, unreadable } from './errors.ts';

/** The longest that DynamoDB answers to any request. Bytes. */
const MAX_BYTES = 16_777_216;

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

export async function readRaw(response: IncomingMessage, host: string): Promise<RawAnswer> {
  const { statusCode: status = 0, headers } = response;
  try {
    return { status, headers, bytes: await readBody(response, host, MAX_BYTES) };
  } catch (error) {
    // An answer has begun.
    throw Object.assign(error as Error, { $metadata: { httpStatusCode: status } });
  }
}

/** An answer of DynamoDB. */
export interface Answer {
  /** The name of the refusal, where a condition was refused. */
  readonly refused?: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The error that a refusal is to those who want one. */
  readonly error: () => unknown;
}

const REFUSED = ['ConditionalCheckFailedException', 'TransactionCanceledException'];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What an answer says. A refused condition is an answer and no error: that is how each replay begins.
 * @throws {Error} for another refusal, and for what is no answer of DynamoDB.
 */
export function interpret({ status, headers, bytes }: RawAnswer): Answer {
  const checksum = headers['x-amz-crc32'];
  if (checksum !== undefined && Number(checksum) !== crc32(bytes))
    throw unreadable(status, 'the answer does not match its checksum');
  const { 'content-encoding': encoding = 'identity' } = headers;
  if (encoding !== 'identity') throw unreadable(status, 'the answer is encoded');
  const text = bytes.toString();
  const body = parsed(text);
  if (status === 200) {
    if (!isRecord(body)) throw unreadable(status, 'the answer is not JSON');
    return { body, error: () => unreadable(status, 'the answer is a success') };
  }
  const error = () => refusal(status, text, body);
  const refused = kindOf(body);
  if (!isRecord(body) || status !== 400 || !REFUSED.includes(refused)) throw error();
  return { refused, body, error };
}

import { noteEarlierAttempts } from '../../core/attempt-facts.ts';
import { hasCode } from '../../core/errors.ts';
import { isObject, isRecord, propertyOf, textOf } from '../../core/property.ts';
import { reviveBinary } from './json.ts';

/*
 * Errors as the AWS SDK has them, since that is what decides about them reads: a name, a code of Node's, and `$metadata`.
 */

/** An error with a name of AWS. */
export const named = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });

export const credentialsError = (message: string): Error => named('CredentialsProviderError', message);

/** Of a connection that failed so before an answer began, as the SDK calls them. */
const TIMED_OUT: readonly string[] = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'];

/** What Node said of a request that brought no whole answer, as the SDK throws it. */
function networkError(error: unknown): unknown {
  const cause =
    propertyOf(error, 'cause') ?? named('Error', 'the connection was closed', { code: 'ECONNRESET' });
  if (TIMED_OUT.includes(textOf(cause, 'code')) && !propertyOf(cause, '$metadata'))
    Object.assign(cause as Error, { name: 'TimeoutError' });
  return cause;
}

/**
 * The error that a request ends with. It says how often it was sent, as the SDK's do, and what the attempts before have ended with:
 * that is part of what is known of it.
 */
export function finalError(
  error: unknown,
  earlier: readonly unknown[],
  signal: AbortSignal | undefined,
): unknown {
  const isAborted = signal?.aborted === true;
  const final = isAborted
    ? named('AbortError', 'Request aborted', { cause: signal.reason })
    : hasCode(error, 'NO_ANSWER')
      ? networkError(error)
      : error;
  const $metadata = { ...(propertyOf(final, '$metadata') as object), attempts: earlier.length + 1 };
  if (isObject(final) && Object.isExtensible(final)) Object.assign(final, { $metadata });
  noteEarlierAttempts(final, earlier);
  return final;
}

export const UNREADABLE = 'UnreadableAnswer';

/** An answer that is not what DynamoDB answers. Its text is not quoted. */
export const unreadable = (status: number, problem: string): Error =>
  named(UNREADABLE, problem, { $metadata: { httpStatusCode: status } });

/** The kind of a refusal, without the namespace before it. A name and nothing else: it is shown. */
export const kindOf = (body: unknown): string =>
  /^(?:[\w.]*#)?(\w{1,100})$/.exec(textOf(body, '__type') || textOf(body, 'code'))?.[1] ?? '';

/** What DynamoDB refused with. */
export function refusal(status: number, text: string, body: unknown): Error {
  const name = kindOf(body) || `HTTP${status}`;
  const message = textOf(body, 'message') || textOf(body, 'Message') || `DynamoDB answered ${status}`;
  const reasons = isRecord(body) ? body['CancellationReasons'] : undefined;
  return named(name, message, {
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
    ...(Array.isArray(reasons) && { CancellationReasons: reviveBinary(text).CancellationReasons }),
  });
}

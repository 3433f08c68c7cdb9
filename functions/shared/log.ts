import { correlationId } from 'fibrin/telemetry';
import { cancellationReasons } from './cancellation.ts';

type Level = 'info' | 'warn' | 'error';

/** Writes one line of JSON with the correlation id. Fields are names, codes and numbers: no text of others, no person's data. */
export function log(level: Level, message: string, fields: object = {}): void {
  const line = { level: level.toUpperCase(), message, ...fields, correlationId: correlationId() };
  console[level](JSON.stringify(line));
}

/** A name or a code. Longer text, and text with blanks, is content. */
const WORD = /^[\w.$:-]{1,60}$/;
const MAX_CAUSES = 5;

interface ErrorLike {
  readonly name?: unknown;
  readonly code?: unknown;
  /** Of what a service answered with. `status` is what our own caller is answered with. */
  readonly downstreamStatus?: unknown;
  /** Of the AWS SDK's errors. */
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  readonly cause?: unknown;
}

const isObject = (value: unknown): value is ErrorLike => typeof value === 'object' && value !== null;
const wordOf = (value: unknown) => (typeof value === 'string' && WORD.test(value) ? value : undefined);
const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);

function described(error: ErrorLike) {
  const { name, code, downstreamStatus, $metadata } = error;
  return {
    error: wordOf(name) ?? 'unnamed',
    code: wordOf(code),
    status: numberOf(downstreamStatus) ?? numberOf($metadata?.httpStatusCode),
    reasons: cancellationReasons(error)?.map(wordOf),
  };
}

/** Why something failed, for `log`: names, codes and statuses of an error and its causes. Messages and bodies may quote anything. */
export function reasonOf(error: unknown): object {
  const chain: ErrorLike[] = [];
  for (let link = error; isObject(link) && chain.length <= MAX_CAUSES; link = link.cause) chain.push(link);
  const [thrown, ...causes] = chain.map(described);
  return { ...(thrown ?? { error: typeof error }), ...(causes.length > 0 && { causes }) };
}

/** Where it was thrown. The stack begins with the message, which may have lines in the form of frames. */
function framesOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { stack = '', message } = error;
  const afterMessage = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : '';
  return afterMessage
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .join('\n');
}

/** For `problemDetails`, whose own log has no correlation id. */
export const logServerError = (error: unknown): void =>
  log('error', 'A request failed', { ...reasonOf(error), stack: framesOf(error) });

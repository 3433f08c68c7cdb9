import { errorChain } from './error-chain.ts';
import { isFibrinError } from './errors.ts';
import { propertyOf, textOf } from './property.ts';

/** Names and codes are short. What is longer is content. */
const MAX_NAME_LENGTH = 100;

const shortOf = (error: unknown, key: string): string | undefined =>
  textOf(error, key).slice(0, MAX_NAME_LENGTH) || undefined;

/** Anything can be thrown, null too, and be a cause. */
function describe(error: unknown) {
  const code = propertyOf(error, 'code');
  return {
    message: isFibrinError(error) ? textOf(error, 'message') : undefined,
    error: shortOf(error, 'name') ?? (error === null ? 'null' : typeof error),
    code: typeof code === 'number' ? code : shortOf(error, 'code'),
  };
}

/** The frames of a stack. It begins with the message, which may have lines in the form of frames. */
export function framesOf(error: unknown): string | undefined {
  const stack = textOf(error, 'stack');
  const message = textOf(error, 'message');
  const afterMessage = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : stack;
  const frames = afterMessage.split('\n').filter((line) => /^ {4}at /.test(line));
  return frames.join('\n') || undefined;
}

/**
 * Writes one line of JSON on stderr about an error: name, code and stack frames, and those of at most five causes. Messages of
 * other errors than `FibrinError` are left out, since they may quote what a client or a service sent.
 */
export const logError = (error: unknown): void => {
  const [thrown, ...causes] = errorChain(error).map(describe);
  console.error(
    JSON.stringify({
      level: 'ERROR',
      ...thrown,
      causes: causes.length > 0 ? causes : undefined,
      stack: framesOf(error),
    }),
  );
};

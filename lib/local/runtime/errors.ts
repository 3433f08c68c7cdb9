/** An error as Lambda shapes it. */
export interface ErrorDescription {
  readonly errorType: string | undefined;
  readonly errorMessage: string | undefined;
  readonly trace: readonly string[];
}

const UNREADABLE: ErrorDescription = {
  errorType: 'handled',
  errorMessage:
    'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
  trace: [],
};

/** Anything can be thrown; what cannot be read too. */
export function describeError(thrown: unknown): ErrorDescription {
  const plain = (text: string | undefined) => text?.replaceAll('\x7f', '%7F');
  try {
    if (thrown instanceof Error) {
      const { name, message, stack } = thrown;
      return {
        errorType: plain(name),
        errorMessage: plain(message),
        trace: plain(stack)?.split('\n') ?? [],
      };
    }
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  } catch {
    return UNREADABLE;
  }
}

type RuntimeErrorName =
  | 'CallbackHandlerDeprecated'
  | 'HandlerNotFound'
  | 'ImportModuleError'
  | 'InvalidStreamingOperation'
  | 'JSONStringifyError'
  | 'MalformedHandlerName'
  | 'MalformedStreamingHandler'
  | 'UnhandledPromiseRejection'
  | 'UserCodeSyntaxError';

/** An error of the runtime's own, by the name that Lambda gives it. */
export function runtimeError(name: RuntimeErrorName, message: string, stack?: string): Error {
  const error = new Error(message);
  error.name = `Runtime.${name}`;
  error.stack = stack ?? (error.stack ?? '').replace(/^Error/, error.name);
  return error;
}

/** Prints an error where the function's own output goes. @throws for what has no text, as AWS's runtime clients do. */
export function printError(message: string, thrown: unknown, requestId?: string): void {
  const error = thrown instanceof Error ? thrown : String(thrown);
  console.error(
    JSON.stringify({ level: 'ERROR', message, ...(requestId && { requestId }), ...describeError(error) }),
  );
}

/** A result as it is sent: what JSON has no text for is null. @throws what `unwritable` makes, for what JSON refuses. */
export function toJson(result: unknown, unwritable: (message: string) => Error): string {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch {
    throw unwritable('Unable to stringify response body');
  }
}

/** `JSON.stringify` has no text for undefined, which is what most event handlers return. */
const UNDEFINED = '';

/** The text in which a result is recorded and from which the first answer and every replay are made alike. */
export const encodeResult = (result: unknown): string => JSON.stringify(result) ?? UNDEFINED;

export const decodeResult = (text: string): unknown => (text === UNDEFINED ? undefined : JSON.parse(text));

/** Whether a result is an HTTP answer that says the run failed on our side: it must not be replayed. */
export function isServerError(result: unknown): boolean {
  const status =
    typeof result === 'object' && result !== null && 'statusCode' in result ? result.statusCode : undefined;
  return typeof status === 'number' && status >= 500;
}

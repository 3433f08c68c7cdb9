/** Whether a response is an HTTP answer that says the handler failed: a status of 500 or more. */
export function isServerError(response: unknown): boolean {
  const status =
    typeof response === 'object' && response !== null && 'statusCode' in response
      ? response.statusCode
      : undefined;
  return typeof status === 'number' && status >= 500;
}

/** What is left of an invocation, in milliseconds; undefined where its context does not tell, as a stub's may not. */
export function remainingMsOf(context: unknown): number | undefined {
  const told = (
    context as { getRemainingTimeInMillis?(): unknown } | null | undefined
  )?.getRemainingTimeInMillis?.();
  return typeof told === 'number' && Number.isFinite(told) ? Math.max(0, told) : undefined;
}

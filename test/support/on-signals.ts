/** Stops what was started when the process is interrupted or terminated, and then ends it. */
export function stopOnSignals(stop: () => Promise<unknown>): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(code)));
  }
}

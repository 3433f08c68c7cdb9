interface Measured {
  /** How often the function was called. 0 when a breaker refused it. */
  readonly attempts: number;
  readonly durationMs: number;
}

/** What came of a call: the value and where it is from, or the error. */
export type Outcome<T> = Measured &
  (
    | { readonly source: 'live'; readonly degraded: false; readonly value: T; readonly error?: undefined }
    | { readonly source: 'fallback'; readonly degraded: true; readonly value: T; readonly error: unknown }
    | {
        readonly source: 'none';
        readonly degraded: true;
        readonly value?: undefined;
        readonly error: unknown;
      }
  );

// An optional peer that need not be there to compile: what is used of it.
declare module '@opentelemetry/api' {
  export const trace: {
    getTracer(name: string): import('./otel.ts').TracerLike;
    /** Not in the first versions of the API. */
    getActiveSpan?(): import('./otel.ts').SpanLike | undefined;
  };
}

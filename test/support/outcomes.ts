/** How calls end in tests. */
export const outage = (): Error => Object.assign(new Error('outage'), { status: 503 });
/** The caller's own fault, which no breaker counts. */
export const refusal = (): Error => Object.assign(new Error('no such thing'), { status: 404 });
export const failing = (): Promise<never> => Promise.reject(outage());
export const never = (): Promise<never> => new Promise(() => {});

/** What calls come to in tests. */
export const outage = (): Error => Object.assign(new Error('outage'), { status: 503 });
export const failing = (): Promise<never> => Promise.reject(outage());
export const never = (): Promise<never> => new Promise(() => {});

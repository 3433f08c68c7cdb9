/** Lets everything run that does not wait for time or for a packet. */
export const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

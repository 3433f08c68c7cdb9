/* What the constructs deploy of their own, as one file. */

export { prewarm } from './prewarm.ts';
export { warmer } from './warmer.ts';

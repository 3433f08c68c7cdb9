export { type Cache, type CacheLayers, type CachingPolicy, cache } from './cache.ts';
export type { CacheOptions } from './options.ts';
export type { WarmOptions } from './warm.ts';

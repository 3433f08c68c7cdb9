export { type Cache, cache } from './cache.ts';
export type { CachedValues, CacheLayers, CachingPolicy } from './cache-calls.ts';
export type { CacheOptions } from './options.ts';
export {
  type InvalidateOptions,
  type SharedCache,
  type SharedCacheOptions,
  sharedCache,
} from './shared-cache.ts';
export type { WarmOptions } from './warm.ts';

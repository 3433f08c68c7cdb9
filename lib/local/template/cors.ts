import type { CorsModel } from './apis.ts';
import type { Properties } from './properties.ts';

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** The CORS configuration of an HTTP API or of a function URL; both say it in the same words. */
export function readCors(value: unknown): CorsModel | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders, AllowCredentials, MaxAge } =
    value as Properties;
  return {
    allowOrigins: listOf(AllowOrigins),
    allowMethods: listOf(AllowMethods),
    allowHeaders: listOf(AllowHeaders),
    exposeHeaders: listOf(ExposeHeaders),
    allowCredentials: String(AllowCredentials) === 'true',
    maxAgeSeconds: MaxAge === undefined ? undefined : Number(MaxAge),
  };
}

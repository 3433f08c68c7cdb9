import { textsOf } from '../texts.ts';
import type { CorsModel } from './apis.ts';
import type { Properties } from './properties.ts';

/** The CORS configuration of an HTTP API or of a function URL; both say it in the same words. */
export function readCors(value: unknown): CorsModel | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders, AllowCredentials, MaxAge } =
    value as Properties;
  return {
    allowOrigins: textsOf(AllowOrigins),
    allowMethods: textsOf(AllowMethods),
    allowHeaders: textsOf(AllowHeaders),
    exposeHeaders: textsOf(ExposeHeaders),
    allowCredentials: String(AllowCredentials) === 'true',
    maxAgeSeconds: MaxAge === undefined ? undefined : Number(MaxAge),
  };
}

import type { Shape } from '../shape.ts';

/** The CORS configuration of an HTTP API or of a function URL. */
export const CORS: Shape = {
  AllowCredentials: 'boolean',
  AllowHeaders: 'texts',
  AllowMethods: 'texts',
  AllowOrigins: 'texts',
  ExposeHeaders: 'texts',
  MaxAge: 'number',
};

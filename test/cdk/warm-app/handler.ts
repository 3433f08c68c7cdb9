import middy from '@middy/core';
import { warmup } from '../../../lib/middleware/warmup.ts';

export const handler = middy()
  .use(warmup())
  .handler(async () => ({ statusCode: 204 }));

import type { Hooks } from './subject.ts';

interface Request {
  readonly response: { headers?: Readonly<Record<string, string>> };
}

/** The header that `@middy/http-cors` sets for any origin, set as it does: into the response that is there. */
export const cors: Hooks = {
  after({ response }: Request) {
    response.headers = { ...response.headers, 'Access-Control-Allow-Origin': '*' };
  },
};

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { REGION, sendSigned } from './signed.ts';

/** The services that profiles are enriched from, as the deployed functions reach them: through here. */
export interface Dependency {
  readonly url: string;
  /** Requests that came so far. */
  readonly requests: () => number;
  /** From now on requests go to a function URL of the emulator. */
  forwardTo(endpoint: URL, functionUrlId: string): void;
  /** Answers 503 instead, or no longer. */
  fail(isFailing: boolean): void;
  stop(): Promise<void>;
}

const unavailable = { status: 503, text: '{"message":"Service Unavailable"}' };

/**
 * Stands between the functions and the function that they depend on: the emulator gives function URLs the host names of AWS,
 * which lead elsewhere, and the dependency has to fail on demand. A signature holds for one host, so requests that are signed
 * are signed anew: the right of a role to call the URL is not tried.
 */
export async function startDependency(): Promise<Dependency> {
  let target: { readonly endpoint: URL; readonly host: string } | undefined;
  let isFailing = false;
  let requests = 0;
  const answerTo = async ({ url: path = '/', headers }: IncomingMessage) => {
    if (isFailing || target === undefined) return unavailable;
    if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) return { status: 403, text: '{}' };
    return sendSigned({ ...target, service: 'lambda', path }).catch(() => unavailable);
  };
  const server = createServer((incoming, answer) => {
    requests++;
    incoming.resume();
    void answerTo(incoming).then(({ status, text }) =>
      answer.writeHead(status, { 'content-type': 'application/json' }).end(text),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    forwardTo(endpoint, id) {
      target = { endpoint, host: `${id}.lambda-url.${REGION}.localhost:${endpoint.port}` };
    },
    fail(failing) {
      isFailing = failing;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

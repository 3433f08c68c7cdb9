import type { AddressInfo } from 'node:net';
import type { buildApp } from 'fauxqs';
import { isOfOtherSite } from '../http/server.ts';
import { LocalRunError } from '../problem.ts';
import { type DeadLetterSources, noteDeadLetters } from './dead-letter-sources.ts';
import { keepGroupsTogether } from './fifo.ts';

export type FauxqsApp = ReturnType<typeof buildApp>;
type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;
export type SqsStore = Stores['sqsStore'];

/** Where fauxqs has its queues. The package names no entry for it. */
const STORE = 'sqs/sqsStore.js';

/**
 * Makes a fauxqs server that does not listen yet, without a log of its own. It is a promise as well, so it comes in an object:
 * who awaited it would have it ready, and could add no hooks.
 * @param wantedBy What of the template wants it.
 * @throws {LocalRunError} without the package fauxqs, or with one whose queues are other than expected.
 */
export async function fauxqsApp(
  wantedBy: string,
  region: string,
): Promise<{ readonly app: FauxqsApp; readonly deadLetterSources: DeadLetterSources }> {
  let fauxqs: typeof import('fauxqs');
  try {
    fauxqs = await import('fauxqs');
  } catch (error) {
    throw new LocalRunError(
      `the template has ${wantedBy} and the package fauxqs is not installed; npm install --save-dev fauxqs`,
      error,
    );
  }
  try {
    const url = new URL(STORE, import.meta.resolve('fauxqs')).href;
    const { SqsStore } = (await import(url)) as { readonly SqsStore: new () => SqsStore };
    const sqsStore = keepGroupsTogether(new SqsStore());
    const deadLetterSources = noteDeadLetters(sqsStore);
    // It makes the stores that it is not given.
    const stores = { sqsStore } as Stores;
    const app = fauxqs.buildApp({ logger: false, defaultRegion: region, stores });
    return { app, deadLetterSources };
  } catch (error) {
    throw new LocalRunError('this version of fauxqs is not known; npm install --save-dev fauxqs@2.4', error);
  }
}

export interface FauxqsServer {
  readonly endpoint: string;
  closeIdle(): void;
  stop(): Promise<void>;
}

/** Has a server listen, on the loopback interface only. Its hooks have to be there before. */
export async function listenLocally(app: FauxqsApp): Promise<FauxqsServer> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    endpoint: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    closeIdle: () => app.server.closeIdleConnections(),
    stop: () => app.close(),
  };
}

/** A request before its body is read. */
export interface IncomingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * As the run's own servers do it: a page of another site may not send messages.
 * @param admits Whether a page may send this request. Default: none.
 */
export function refuseStrangersOf(
  app: FauxqsApp,
  admits: (request: IncomingRequest) => boolean = () => false,
): void {
  app.addHook('onRequest', async (request, reply) => {
    const { host, origin } = request.headers;
    const { port } = app.server.address() as AddressInfo;
    const isOwnHost = host === `127.0.0.1:${port}` || host === `localhost:${port}`;
    const isOwnPage = origin === undefined && !isOfOtherSite(request.headers);
    if (isOwnHost && (isOwnPage || admits(request))) return;
    await reply.code(403).send({ __type: 'AccessDenied', message: 'Not for other hosts and origins' });
  });
}

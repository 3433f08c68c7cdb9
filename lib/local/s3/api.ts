import { printDefect } from '../../terminal/print.ts';
import { LocalRunError } from '../problem.ts';
import {
  type FauxqsApp,
  type FauxqsServer,
  fauxqsApp,
  type IncomingRequest,
  listenLocally,
} from '../sqs/engine.ts';
import { keyOfForm } from './form.ts';
import type { BucketModel, ObjectChange } from './model.ts';
import { admitPages } from './pages.ts';

export interface S3ApiOptions {
  readonly buckets: readonly BucketModel[];
  readonly changed: (change: ObjectChange) => void;
  readonly region: string;
}

/** S3 on this machine with the buckets of the template, empty at first. */
export type S3Api = FauxqsServer;

interface Made {
  readonly name: ObjectChange['name'];
  readonly keys: readonly string[];
}

const xmlEntity = (text: string): string =>
  text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');

/** What a request that succeeded has done to objects; undefined for one that changes none. */
function madeBy(
  method: string,
  key: string,
  query: URLSearchParams,
  isCopy: boolean,
  answer: string,
): Made | undefined {
  if (method === 'POST' && key === '' && query.has('delete')) {
    const deleted = answer.matchAll(/<Deleted>.*?<Key>(.*?)<\/Key>/gs);
    return { name: 'ObjectRemoved:Delete', keys: [...deleted].map(([, name = '']) => xmlEntity(name)) };
  }
  if (key === '') return undefined;
  if (method === 'POST' && query.has('uploadId'))
    return { name: 'ObjectCreated:CompleteMultipartUpload', keys: [key] };
  // The SDK names the operation beside it; all other queries make it one on something other than the object.
  const others = [...query.keys()].filter((name) => name !== 'x-id' && !/^x-amz-/i.test(name));
  if (others.length > 0) return undefined;
  if (method === 'PUT') return { name: isCopy ? 'ObjectCreated:Copy' : 'ObjectCreated:Put', keys: [key] };
  return method === 'DELETE' ? { name: 'ObjectRemoved:Delete', keys: [key] } : undefined;
}

function addHooks(app: FauxqsApp, changed: S3ApiOptions['changed']): void {
  const answers = new WeakMap<object, string>();
  // Not asynchronous: fauxqs's handlers answer without waiting, and would answer twice.
  app.addHook('onSend', (request, _reply, payload, done) => {
    if (typeof payload === 'string') answers.set(request, payload);
    done(null, payload);
  });

  const created = async (path: string, host: string): Promise<Pick<ObjectChange, 'size' | 'eTag'>> => {
    const { headers } = await app.inject({ method: 'HEAD', url: path, headers: { host } });
    return {
      size: Number(headers['content-length'] ?? 0),
      eTag: String(headers.etag ?? '').replaceAll('"', ''),
    };
  };
  const report = async (request: IncomingRequest & { readonly body: unknown }): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
    const [, bucket = '', path = ''] = /^\/([^/]+)\/?(.*)$/s.exec(pathname) ?? [];
    const isCopy = request.headers['x-amz-copy-source'] !== undefined;
    const answer = answers.get(request) ?? '';
    const posted = request.method === 'POST' && path === '' ? keyOfForm(request) : undefined;
    const made: Made | undefined =
      posted === undefined
        ? madeBy(request.method, decodeURIComponent(path), searchParams, isCopy, answer)
        : { name: 'ObjectCreated:Post', keys: [posted] };
    if (made === undefined) return;
    const at = posted === undefined ? pathname : `/${bucket}/${encodeURIComponent(posted)}`;
    const isGone = made.name === 'ObjectRemoved:Delete';
    const what = isGone ? {} : await created(at, String(request.headers['host']));
    for (const key of made.keys) changed({ bucket, key, name: made.name, ...what });
  };

  // One after the other, so that events come in the order of the requests.
  let last: Promise<void> = Promise.resolve();
  app.addHook('onResponse', (request, reply, done) => {
    // What was looked at by `created` is no request of anybody's.
    // A form may have its page sent on.
    if (reply.statusCode < 400 && request.method !== 'HEAD')
      last = last.then(() => report(request)).catch((error: unknown) => printDefect(error));
    done();
  });
}

/**
 * Starts S3 inside this process, on the loopback interface only: fauxqs has the objects, and `changed` receives what becomes
 * of them.
 * @throws {LocalRunError} without the package fauxqs, and for a bucket that S3 would refuse.
 */
export async function startS3Api({ buckets, changed, region }: S3ApiOptions): Promise<S3Api> {
  const { app } = await fauxqsApp('buckets', region);
  admitPages(app, buckets);
  addHooks(app, changed);
  const server = await listenLocally(app);
  for (const { logicalId, name } of buckets) {
    const response = await fetch(`${server.endpoint}/${name}`, { method: 'PUT' });
    if (response.ok) continue;
    const said = (await response.text()).slice(0, 200);
    await server.stop();
    throw new LocalRunError(`${logicalId}: S3 on this machine made no bucket ${name}: ${said}`);
  }
  return server;
}

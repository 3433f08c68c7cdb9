import type { RequestListener } from 'node:http';
import { Agent, createServer } from 'node:https';
import { atEndOfTest } from './ends.ts';
import { listen } from './wire.ts';

const KEY = { psk: Buffer.alloc(16, 7), identity: 'test' };

/** A server over TLS whose key both sides know, so that it needs no certificate, and the agent that reaches it. */
export async function secureServer(
  answer: RequestListener,
): Promise<{ readonly url: string; readonly https: Agent }> {
  const server = createServer({ pskCallback: () => KEY.psk, ciphers: 'PSK', pskIdentityHint: '' }, answer);
  const https = new Agent({
    keepAlive: true,
    ciphers: 'PSK',
    pskCallback: () => KEY,
    checkServerIdentity: () => undefined,
    // OpenSSL refuses about one of 150 connections that offer a session of before beside such a key.
    maxCachedSessions: 0,
  });
  atEndOfTest(() => https.destroy());
  return { url: `https://127.0.0.1:${await listen(server)}`, https };
}

import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';

/** Agents that hold the connections, where those of the process do not fit: other limits, a certificate, a proxy. */
export interface FetchAgents {
  /** For `http:`. Default: one for the process, keep-alive, at most 50 connections per host, 10 of them idle. */
  readonly http?: Agent;
  /** For `https:`. Default: one for the process with the same limits. */
  readonly https?: SecureAgent;
}

const LIMITS = { keepAlive: true, maxSockets: 50, maxFreeSockets: 10 } as const;

let plain: Agent | undefined;
let secure: SecureAgent | undefined;

export interface Client {
  readonly agent: Agent;
  readonly request: (url: URL, options: RequestOptions) => ClientRequest;
}

/** The client for the protocol of a URL. An `import` of Node's modules would add 20 ms to a cold start, and loads both. */
export function clientFor(url: URL, agents: FetchAgents): Client {
  if (url.protocol === 'https:') {
    const { Agent, request } = process.getBuiltinModule('node:https');
    secure ??= new Agent(LIMITS);
    return { agent: agents.https ?? secure, request };
  }
  const { Agent, request } = process.getBuiltinModule('node:http');
  plain ??= new Agent(LIMITS);
  return { agent: agents.http ?? plain, request };
}

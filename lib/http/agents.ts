import type { Agent, ClientRequest, RequestOptions } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';

/** Agents that hold the connections, where those of the process do not fit: other limits, a certificate, a proxy. */
export interface FetchAgents {
  /** For `http:`. Default: one for the process, keep-alive, at most 50 connections per host, 10 of them idle. */
  readonly http?: Agent;
  /** For `https:`. Default: one for the process with the same limits. */
  readonly https?: SecureAgent;
}

/** What sends requests to one URL. */
export interface Client {
  readonly agent: Agent;
  /** The URL, as `request` takes it. */
  readonly to: RequestOptions;
  readonly request: (options: RequestOptions) => ClientRequest;
}

/** Connections per host, where nothing else is said. */
const MAX_SOCKETS = 50;
const MAX_FREE_SOCKETS = 10;

/** Of the process, by protocol and limit. */
const shared = new Map<string, Agent>();

/** The client for a URL. An `import` of Node's modules would add 20 ms to a cold start, and loads both. */
export function clientFor(url: URL, agents: FetchAgents, maxSockets: number = MAX_SOCKETS): Client {
  const { protocol } = url;
  const isSecure = protocol === 'https:';
  const { Agent, request } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http');
  const to = process.getBuiltinModule('node:url').urlToHttpOptions(url) as RequestOptions;
  const given = isSecure ? agents.https : agents.http;
  if (given) return { agent: given, to, request };
  const place = `${protocol}${maxSockets}`;
  const agent =
    shared.get(place) ?? new Agent({ keepAlive: true, maxSockets, maxFreeSockets: MAX_FREE_SOCKETS });
  shared.set(place, agent);
  return { agent, to, request };
}

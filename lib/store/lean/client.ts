import type { IncomingMessage } from 'node:http';
import { type Clock, sleep } from '../../core/clock.ts';
import { textOf } from '../../core/property.ts';
import type { Random } from '../../core/random.ts';
import { type Sign, signer } from '../../core/sigv4.ts';
import { runWithin } from '../../core/time-limit.ts';
import { type Client, clientFor, type FetchAgents } from '../../http/agents.ts';
import { exchange } from '../../http/exchange.ts';
import { type Answer, interpret, type RawAnswer, readRaw } from './answer.ts';
import type { CredentialSource } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { finalError, named } from './errors.ts';
import { EXPIRED, isUnprocessed, mayRepeat, SKEWED, waitOf } from './retry.ts';
import { ServerTime } from './server-time.ts';
import { traced } from './trace.ts';

export interface LeanSettings {
  readonly endpoint: Endpoint;
  readonly agents: FetchAgents;
  readonly maxSockets: number;
  readonly maxAttempts: number;
  readonly attemptTimeoutMs: number;
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  readonly random: Random;
}

export interface LeanRequest {
  /** Of DynamoDB's API, e.g. `GetItem`. */
  readonly operation: string;
  readonly table?: string;
  readonly body: string;
  /** Whether it may be sent again after DynamoDB may have processed it. */
  readonly repeatable: boolean;
}

/** What is sent over a connection, once. */
interface Message {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly repeatable: boolean;
  readonly sentBefore?: boolean;
}

type Headers = Readonly<Record<string, string>>;

/** DynamoDB's protocol over connections that are kept: signs, sends, reads, and tries again what may be. */
export class LeanClient {
  readonly #settings: LeanSettings;
  readonly #sign: Sign;
  readonly #time: ServerTime;
  /** Made at the first request, which loads what it needs. */
  #client: Client | undefined;
  /** Refusals after which something was changed, so that the next attempt need not wait. */
  readonly #repaired = new WeakSet<object>();

  constructor(settings: LeanSettings) {
    this.#settings = settings;
    this.#sign = signer(settings.endpoint.region, 'dynamodb');
    this.#time = new ServerTime(settings.clock);
  }

  /** @throws {Error} in the shape of the SDK's errors. */
  async send(request: LeanRequest, signal?: AbortSignal): Promise<Answer> {
    const { headers, end } = traced(request.operation, request.table);
    try {
      const answer = await this.#tried(request, headers, signal);
      end();
      return answer;
    } catch (error) {
      end(error);
      throw error;
    }
  }

  /** Whether a connection and credentials are there. Never rejects. */
  async connect(timeoutMs: number): Promise<boolean> {
    const exceeded = () => named('TimeoutError', `no connection in ${timeoutMs} ms`);
    const { clock, credentials } = this.#settings;
    try {
      await runWithin({ clock, limitMs: timeoutMs, exceeded }, ({ signal }) =>
        // Whatever is answered to this, the connection is made.
        Promise.all([
          this.#exchange({ method: 'GET', headers: {}, repeatable: true }, signal),
          credentials.get(),
        ]),
      );
      return true;
    } catch {
      return false;
    }
  }

  async #tried(
    request: LeanRequest,
    traceHeaders: Headers,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const { clock, random, maxAttempts } = this.#settings;
    const earlier: unknown[] = [];
    let mayRepair = true;
    let sentBefore = false;
    for (;;) {
      try {
        const answer = await this.#attempt(request, traceHeaders, sentBefore, signal);
        if (!answer.refused) return answer;
        return { ...answer, error: () => finalError(answer.error(), earlier, undefined) };
      } catch (error) {
        const isRepaired = mayRepair && this.#repaired.has(Object(error));
        if (isRepaired) mayRepair = false;
        const isLast = signal?.aborted || earlier.length + 1 >= maxAttempts;
        if (isLast || !(isRepaired || mayRepeat(error, request.repeatable)))
          throw finalError(error, earlier, signal);
        earlier.push(error);
        sentBefore ||= !(isRepaired || isUnprocessed(error));
        const waitMs = isRepaired ? 0 : waitOf(error, earlier.length, random);
        // What aborts it ends the next attempt before it begins.
        if (waitMs > 0) await sleep(clock, waitMs, signal).catch(() => undefined);
      }
    }
  }

  #attempt(
    { operation, body, repeatable }: LeanRequest,
    traceHeaders: Headers,
    sentBefore: boolean,
    outer: AbortSignal | undefined,
  ): Promise<Answer> {
    const { clock, credentials, attemptTimeoutMs: limitMs, endpoint } = this.#settings;
    const exceeded = () => named('TimeoutError', `no answer in ${limitMs} ms`);
    return runWithin({ clock, limitMs, signal: outer, exceeded }, async ({ signal }) => {
      const used = await credentials.get();
      const signed = {
        'content-type': 'application/x-amz-json-1.0',
        host: endpoint.url.host,
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      };
      const signable = { method: 'POST', path: '/', query: '', headers: signed, body };
      const headers = { ...traceHeaders, ...this.#sign(signable, used, this.#time.now()) };
      const raw = await this.#exchange({ method: 'POST', headers, body, repeatable, sentBefore }, signal);
      try {
        return interpret(raw);
      } catch (error) {
        const name = textOf(error, 'name');
        const isRepaired = SKEWED.test(name)
          ? this.#time.learn(raw.headers.date)
          : EXPIRED.test(name) && credentials.forget(used);
        if (isRepaired) this.#repaired.add(Object(error));
        throw error;
      }
    });
  }

  #exchange(message: Message, signal: AbortSignal): Promise<RawAnswer> {
    const { clock, endpoint, agents, maxSockets } = this.#settings;
    const { host } = endpoint.url;
    this.#client ??= clientFor(endpoint.url, agents, maxSockets);
    const client = this.#client;
    const read = (response: IncomingMessage) => readRaw(response, host);
    const headers = { ...message.headers, 'user-agent': 'fibrin' };
    return exchange({ ...message, headers, host, client, body: message.body, clock, read }, signal);
  }
}

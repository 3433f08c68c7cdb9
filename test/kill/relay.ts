import { guarded, type Listening, listen, readBody, send } from '../../lib/local/http/server.ts';

export interface Relay {
  readonly endpoint: string;
  /** Lets the request that was held arrive, if it did not yet, and waits until it is answered. */
  arrive(): Promise<void>;
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly endpoint: string;
  /** Which request, from 1, its sender will not live to see answered. */
  readonly nth: number;
  /** Whether it is on its way for long, or its answer is. */
  readonly slow: 'request' | 'answer';
  /** Now the sender may die. */
  readonly onHeld: () => void;
}

const MAX_BYTES = 1_024 * 1_024;

/** Stands between one process and DynamoDB, as a network that is slow at the worst time. */
export async function startRelay({ endpoint, nth, slow, onHeld }: RelayOptions): Promise<Relay> {
  let requests = 0;
  let held: (() => Promise<unknown>) | undefined;
  const server: Listening = await listen(
    0,
    guarded(async (request, response) => {
      const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
      const body = await readBody(request, MAX_BYTES);
      const forward = async () => {
        const answer = await fetch(endpoint, {
          method: 'POST',
          headers: headers as Record<string, string>,
          body,
        });
        return { status: answer.status, body: await answer.text() };
      };
      if (++requests !== nth) {
        const answer = await forward();
        return send(response, { statusCode: answer.status, body: answer.body });
      }
      if (slow === 'request') held = forward;
      else await forward();
      onHeld();
    }),
  );
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    async arrive() {
      const forward = held;
      held = undefined;
      await forward?.();
    },
    close: () => server.close(),
  };
}

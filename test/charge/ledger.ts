import { type Listening, listen, readBody, sendJson } from '../../lib/local/http/server.ts';

export interface Charge {
  readonly id: string;
  readonly key: string;
  readonly amount: number;
}

/** A server that charges as often as it is asked to: it knows no idempotency keys. */
export interface ChargeServer {
  readonly url: string;
  /** All that it has ever charged: what is true, whatever anyone was answered. */
  readonly ledger: readonly Charge[];
  close(): Promise<void>;
}

const MAX_BYTES = 10_000;

export async function startChargeServer(): Promise<ChargeServer> {
  const ledger: Charge[] = [];
  const server: Listening = await listen(0, (request, response) => {
    const charge = async () => {
      const { key, amount } = JSON.parse(String(await readBody(request, MAX_BYTES))) as Charge;
      const made: Charge = { id: `charge ${ledger.length + 1}`, key, amount };
      ledger.push(made);
      sendJson(response, 201, made);
    };
    charge().catch(() => response.destroy());
  });
  return { url: `http://127.0.0.1:${server.port}/charges`, ledger, close: () => server.close() };
}

import { once } from 'node:events';
import { request } from 'node:http';
import { type ChargeServer, closedPort, startChargeServer } from '../charge-server.ts';
import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf, times } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Guard } from '../subject.ts';

const A_MINUTE_MS = 60_000;
const POST = { method: 'POST', body: '{"amount":5}' };

async function postWithNode(url: string): Promise<void> {
  const sent = request(url, { method: 'POST' });
  sent.end(POST.body);
  await once(sent, 'response');
}

async function postAndGiveUp(server: ChargeServer, id: string): Promise<void> {
  const own = new AbortController();
  const sent = fetch(server.url('never sent', id), { ...POST, signal: own.signal });
  sent.catch(() => undefined);
  await server.charged(id);
  own.abort();
  await sent;
}

async function postAndThrow(url: string): Promise<void> {
  const { ok, status, statusText } = await fetch(url, POST);
  if (!ok) throw Object.assign(new Error(statusText), { status });
}

/** Ways in which the answer to a charge that was made does not arrive. */
const LOST: Readonly<Record<string, (server: ChargeServer, id: string) => Promise<unknown>>> = {
  'socket reset': (server, id) => postWithNode(server.url('reset', id)),
  'fetch reset': (server, id) => fetch(server.url('reset', id), POST),
  'half an answer': async (server, id) => (await fetch(server.url('cut in half', id), POST)).json(),
  'a 504 thrown': (server, id) => postAndThrow(server.url('lost at the gateway', id)),
  'own abort': postAndGiveUp,
};

export const i01: Scenario = {
  id: 'I1',
  title: 'a charge is made and its answer lost: a repetition charges again, though the key is to be held',
  async run(subject) {
    const server = await startChargeServer();
    const nowhere = `http://127.0.0.1:${await closedPort()}`;
    try {
      return await inBothForms(async (form) => {
        const guard: Guard = { operation: form, key: ['id'], holdUnknown: true };
        /** The first run as said, the next with an answer; repeated at once, and when no lease can stand any more. */
        const attempt = async (id: string, first: () => Promise<unknown>) => {
          const charge = probe(async (nth) => {
            await (nth === 1 ? first() : fetch(server.url('answered', id), POST));
            return 'charged';
          });
          for (const aheadMs of [0, 0, A_MINUTE_MS]) {
            const sandbox = subject.sandbox({ now: () => Date.now() + aheadMs });
            await outcomeOf(lambda(form, sandbox, guard, charge.run)({ id }, lambdaContext()));
          }
          return server.charges(id);
        };
        const twice: string[] = [];
        for (const [name, post] of Object.entries(LOST)) {
          const id = `${form}: ${name}`;
          if ((await attempt(id, () => post(server, id))) > 1) twice.push(name);
        }
        // The control: where no connection was made nothing can have happened, and whoever holds that has not passed.
        const refused = await attempt(`${form}: refused`, () => fetch(nowhere, POST));
        const seen = twice.length === 0 ? 'one charge each' : `charged twice: ${twice.join(', ')}`;
        return {
          ok: twice.length === 0 && refused === 1,
          observed: `${seen}; after a refused connection ${times(refused, 'charge')}`,
        };
      });
    } finally {
      await server.close();
    }
  },
};

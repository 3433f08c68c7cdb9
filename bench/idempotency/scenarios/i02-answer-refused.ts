import { boundedFetch } from '../../../lib/http/bounded-fetch.ts';
import { resilient } from '../../../lib/policy/resilient.ts';
import { type Fate, startChargeServer } from '../charge-server.ts';
import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Guard } from '../subject.ts';

const A_MINUTE_MS = 60_000;
const POST = { method: 'POST', body: '{"amount":5}' } as const;

interface Charge {
  readonly state?: string;
}

const chargeOf = async (url: string): Promise<Charge> => (await fetch(url, POST)).json() as Promise<Charge>;

const payments = resilient<Charge>({
  name: 'payments',
  retry: false,
  validate: ({ state }) => state === 'charged',
});

async function checked(url: string): Promise<void> {
  const { state } = await chargeOf(url);
  if (state === undefined) throw new Error('the answer has no state');
}

const bounded = (url: string) =>
  boundedFetch(url, { ...POST, maxBytes: 1_000, signal: AbortSignal.timeout(5_000) });

/** Ways to refuse an answer that came. The handlers are the same for both libraries. */
const REFUSED: Readonly<Record<string, readonly [Fate, (url: string) => Promise<unknown>]>> = {
  'own check': ['odd', checked],
  validate: ['odd', (url) => payments.execute(() => chargeOf(url))],
  'answer too large': ['huge', bounded],
};

export const i02: Scenario = {
  id: 'I2',
  title: 'a charge is made and its answer refused: a repetition charges again, though the key is to be held',
  async run(subject) {
    const server = await startChargeServer();
    try {
      return await inBothForms(async (form) => {
        const guard: Guard = { operation: form, key: ['id'], holdUnknown: true };
        const twice: string[] = [];
        for (const [name, [fate, post]] of Object.entries(REFUSED)) {
          const attempt = async (id: string) => {
            const charge = probe(async (nth) => {
              await (nth === 1 ? post(server.url(fate, id)) : fetch(server.url('answered', id), POST));
              return 'charged';
            });
            for (const aheadMs of [0, 0, A_MINUTE_MS]) {
              const sandbox = subject.sandbox({ now: () => Date.now() + aheadMs });
              await outcomeOf(lambda(form, sandbox, guard, charge.run)({ id }, lambdaContext()));
            }
          };
          const id = `${form}: ${name}`;
          await attempt(id);
          if (server.charges(id) > 1) twice.push(name);
        }
        return {
          ok: twice.length === 0,
          observed: twice.length === 0 ? 'one charge each' : `charged twice: ${twice.join(', ')}`,
        };
      });
    } finally {
      await server.close();
    }
  },
};

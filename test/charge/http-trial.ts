import type { Store } from '../../lib/core/store.ts';
import { FAULTS, type Kind } from './faults.ts';
import { payment, REQUEST_HEADER } from './payment.ts';
import type { HttpPlan } from './plan.ts';
import { forwarder, startProxy } from './proxy.ts';
import { Story } from './story.ts';
import { MovedClock, type Outcome, tryOut } from './trial.ts';

export interface HttpWorld {
  readonly store: Store;
  readonly chargeUrl: string;
}

/** Charges one key at the server, through a proxy of its own. */
export async function httpTrial({ store, chargeUrl }: HttpWorld, plan: HttpPlan): Promise<Outcome<HttpPlan>> {
  const story = new Story<Kind>(plan.faults, 'none');
  const clock = new MovedClock();
  const proxy = await startProxy({
    faultOf: ({ headers: { [REQUEST_HEADER]: request } }) =>
      request === undefined ? undefined : FAULTS[story.meet(Number(request), plan.client)],
    forward: forwarder(chargeUrl, (answer) => story.note(`  the server charged: ${answer.body}`)),
  });
  try {
    const pay = payment({ plan, story, store, clock, proxyUrl: proxy.url });
    return await tryOut({ plan, story, clock, pay, arrive: () => proxy.arrive() });
  } finally {
    await proxy.close();
  }
}

import { lambdaContext } from '../contexts.ts';
import { outcomeOf, show } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

interface Basket {
  items: string[];
}

export const h17: Scenario = {
  id: 'H17',
  title: 'the cache hands out the same object: change it, and the next replay is changed',
  async run(subject) {
    const basket = probe((): Basket => ({ items: ['tea'] }));
    const guard = { operation: 'basket', key: ['id'], cache: true };
    const handler = subject.sandbox().wrap(guard, basket.run);
    const replays: string[] = [];
    for (const item of ['coffee', 'cocoa', 'cola']) {
      const outcome = await outcomeOf(handler({ id: 1 }, lambdaContext()));
      const { items } = (outcome.kind === 'value' ? outcome.value : { items: [] }) as Basket;
      replays.push(show(items));
      items.push(item);
    }
    const [first, ...later] = replays;
    return {
      ok: basket.runs === 1 && later.every((replay) => replay === first),
      observed: `first ${first}, then ${later.join(', ')}`,
    };
  },
};

import { lambdaContext } from '../contexts.ts';
import { errorOf, outcomeOf, say } from '../outcome.ts';
import { probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h22: Scenario = {
  id: 'H22',
  title: "falsy keys 0, '' and false count as missing; the error for a missing one arrives wrapped",
  async run(subject) {
    const guard = { operation: 'order', key: ['id'], requireKey: true };
    const sandbox = subject.sandbox();
    const broken: string[] = [];
    for (const id of [0, '', false]) {
      const order = probe((nth) => `result ${nth}`);
      const call = () => outcomeOf(sandbox.wrap(guard, order.run)({ id }, lambdaContext()));
      await call();
      if (say(await call()) !== 'result 1') broken.push(JSON.stringify(id));
    }
    const missing = await outcomeOf(sandbox.wrap(guard, async () => 'ran')({}, lambdaContext()));
    return {
      ok: broken.length === 0 && subject.errorKind(errorOf(missing)) === 'no-key',
      observed: `${broken.length > 0 ? `not keys: ${broken.join(', ')}` : 'all three are keys'}; a missing one: ${say(missing)}`,
    };
  },
};

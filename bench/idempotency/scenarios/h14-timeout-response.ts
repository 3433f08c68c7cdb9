import { setTimeout as sleep } from 'node:timers/promises';
import { lambdaContext } from '../contexts.ts';
import { type Around, inBothForms, lambda } from '../forms.ts';
import { outcomeOf, say, times } from '../outcome.ts';
import { never, probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';

export const h14: Scenario = {
  id: 'H14',
  title: 'the response of an early timeout is stored as the result for ever',
  run: (subject) =>
    inBothForms(async (form) => {
      const charge = probe(async () => {
        await sleep(400);
        return 200;
      });
      // After 200 ms, as in H13.
      const timeoutEarlyInMillis = 9_800;
      const plugin = { timeoutEarlyInMillis, timeoutEarlyResponse: () => ({ statusCode: 408 }) };
      const guard = { operation: form, key: ['id'], timeoutEarlyInMillis };
      const call = (around: Around = {}) =>
        outcomeOf(
          lambda(form, subject.sandbox(), guard, charge.run, around)({ id: 1 }, lambdaContext(10_000)),
        );
      const first = await call({ plugin });
      await charge.begun(1, never());
      // The handler has ended by then, and what it does after has been done.
      await sleep(600);
      const retry = await call();
      return {
        ok: say(first) === '{"statusCode":408}' && say(retry) !== say(first) && charge.runs === 1,
        observed: `the caller got ${say(first)}, its retry ${say(retry)} (${times(charge.runs)})`,
      };
    }),
};

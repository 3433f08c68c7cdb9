import httpErrorHandler from '@middy/http-error-handler';
import { createError } from '@middy/util';
import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeOf } from '../outcome.ts';
import { probe } from '../probe.ts';
import { statusOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';

export const i13: Scenario = {
  id: 'I13',
  title: "a refused duplicate is a 500 under Middy's error handler; so is the handler's own 422",
  run: (subject) =>
    inBothForms(async (form) => {
      const guard = { operation: form, key: ['id'] };
      const around = { outer: [httpErrorHandler({ logger: false })] };
      const end = Promise.withResolvers<void>();
      const order = probe(async () => {
        await end.promise;
        return { statusCode: 201 };
      });
      const call = () =>
        lambda(form, subject.sandbox(), guard, order.run, around)({ id: 1 }, lambdaContext());
      const first = call();
      await order.begun(1, first);
      const duplicate = statusOf(await outcomeOf(call()));
      end.resolve();
      await outcomeOf(first);
      const refuse = async () => {
        throw createError(422, 'no such product');
      };
      const own = statusOf(
        await outcomeOf(lambda(form, subject.sandbox(), guard, refuse, around)({ id: 2 }, lambdaContext())),
      );
      return {
        ok: duplicate === 409 && own === 422,
        observed: `the duplicate got ${duplicate}, the handler's own 422 ${own}`,
      };
    }),
};

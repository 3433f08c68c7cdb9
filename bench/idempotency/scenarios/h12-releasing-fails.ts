import { lambdaContext } from '../contexts.ts';
import { inBothForms, lambda } from '../forms.ts';
import { outcomeWithin, say } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';
import { onWrite, silent, unreachable } from '../wire.ts';

const REMAINING_MS = 2_000;

export const h12: Scenario = {
  id: 'H12',
  title: 'releasing fails and hides the business error',
  run: (subject) =>
    inBothForms(async (form) => {
      const declined = Object.assign(new Error('declined'), { name: 'Declined' });
      const callWith = (operation: string, trouble: typeof silent) => {
        const sandbox = subject.sandbox({ fault: onWrite(2, trouble) });
        const guard = { operation: `${form}-${operation}`, key: ['id'] };
        const handler = lambda(form, sandbox, guard, () => Promise.reject(declined));
        return outcomeWithin(REMAINING_MS, handler({ id: 1 }, lambdaContext(REMAINING_MS)));
      };
      const [refused, hung] = await Promise.all([callWith('refused', unreachable), callWith('hung', silent)]);
      const isDeclined = ({ kind, ...rest }: typeof refused) =>
        kind === 'error' && 'error' in rest && rest.error === declined;
      return {
        ok: isDeclined(refused) && isDeclined(hung),
        observed: `store down: ${say(refused)}; store silent: ${say(hung)}`,
      };
    }),
};

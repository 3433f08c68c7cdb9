import middy from '@middy/core';
import type { Verdict } from './scenario.ts';
import type { Event, Guard, Hooks, Run, Sandbox } from './subject.ts';

/** The two ways to put a guarantee around a handler: a function around it, or a middleware among others. */
export type Form = 'wrapper' | 'middleware';

export interface Around {
  /** Middlewares outside the guarantee, the outermost first. */
  readonly outer?: readonly Hooks[];
  /** Middlewares inside of it. */
  readonly inner?: readonly Hooks[];
  readonly plugin?: middy.PluginObject;
  readonly onWarning?: (warning: string) => void;
}

/** A handler under Middy. Its timer is off unless the plugin options set it: the contexts here have little time left. */
export function lambda(
  form: Form,
  sandbox: Sandbox,
  guard: Guard,
  run: Run,
  { outer = [], inner = [], plugin, onWarning }: Around = {},
): Run {
  const handler = middy<Event, unknown>({ timeoutEarlyInMillis: 0, ...plugin });
  for (const hooks of outer) handler.use(hooks);
  if (form === 'middleware') handler.use(sandbox.middleware(guard, onWarning));
  for (const hooks of inner) handler.use(hooks);
  return handler.handler(form === 'wrapper' ? sandbox.wrap(guard, run) : run) as Run;
}

/** Tries several forms, beside each other; each must hold. Those of which the same was seen are told together. */
export async function inEach<F extends string>(
  forms: readonly F[],
  attempt: (form: F) => Promise<Verdict>,
): Promise<Verdict> {
  const verdicts = await Promise.all(forms.map(attempt));
  const seen = Map.groupBy(forms, (_, at) => verdicts[at]?.observed ?? '');
  return {
    ok: verdicts.every(({ ok }) => ok),
    observed: [...seen]
      .map(([observed, of]) => (seen.size === 1 ? observed : `${of.join(', ')}: ${observed}`))
      .join('; '),
  };
}

export const inBothForms = (attempt: (form: Form) => Promise<Verdict>): Promise<Verdict> =>
  inEach(['wrapper', 'middleware'], attempt);

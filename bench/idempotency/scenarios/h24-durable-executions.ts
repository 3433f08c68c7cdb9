import { durableContext } from '../contexts.ts';
import { outcomeOf, say } from '../outcome.ts';
import { never, probe } from '../probe.ts';
import type { Scenario } from '../scenario.ts';
import type { Subject } from '../subject.ts';

const AN_HOUR_MS = 3_600_000;

/** Execution X has begun to charge and waits for something: its invocation has ended, its handler never settles. */
async function suspendedExecution(subject: Subject, id: string) {
  const charge = probe((nth) => (nth === 1 ? never() : `result ${nth}`));
  const call = (execution: string, mode: 'ExecutionMode' | 'ReplayMode', afterMs = 0) =>
    outcomeOf(
      subject
        .sandbox({ now: () => Date.now() + afterMs })
        .wrap({ operation: 'charge', key: ['id'] }, charge.run)({ id }, durableContext(execution, mode)),
    );
  const first = call('x', 'ExecutionMode');
  await charge.begun(1, first);
  return { charge, call, begun: charge.runs === 1 };
}

/** Another execution, replayed because it too has waited, calls with the same key. */
async function bypass(subject: Subject): Promise<string | undefined> {
  const { charge, call } = await suspendedExecution(subject, 'bypass');
  const before = charge.runs;
  await call('y', 'ReplayMode');
  return charge.runs > before ? 'the replay of another execution ran beside it' : undefined;
}

/** An hour later: another execution must not run, the first one must go on, and its result must be kept. */
async function resume(subject: Subject): Promise<string | undefined> {
  const { charge, call, begun } = await suspendedExecution(subject, 'resume');
  if (!begun) return 'a durable context is not understood';
  await call('y', 'ExecutionMode', AN_HOUR_MS);
  if (charge.runs > 1) return 'another execution took over after an hour';
  const own = await call('x', 'ReplayMode', AN_HOUR_MS);
  if (own.kind !== 'value') return `its own replay got ${say(own)}`;
  const later = await call('z', 'ExecutionMode', AN_HOUR_MS);
  return say(later) === say(own) ? undefined : `a later execution got ${say(later)}`;
}

export const h24: Scenario = {
  id: 'H24',
  title: 'durable executions: a replay bypasses any record; the lease spans one invocation',
  async run(subject) {
    const wrong = [await bypass(subject), await resume(subject)].filter((part) => part !== undefined);
    return {
      ok: wrong.length === 0,
      observed: wrong.join('; ') || 'others were refused; its own replay went on and was recorded',
    };
  },
};

import { errorsOf } from '../compile.ts';
import { lambdaContext } from '../contexts.ts';
import { outcomeOf, say } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';

const HANDLER = 'async (_event: { readonly id: number }, _context: Context) => ({ at: new Date(0) })';

export const i17: Scenario = {
  id: 'I17',
  title: 'a result is typed as a Date and is a string',
  async run(subject) {
    const call = subject
      .sandbox()
      .wrap({ operation: 'order', key: ['id'] }, async () => ({ at: new Date(0) }));
    await outcomeOf(call({ id: 1 }, lambdaContext()));
    const replay = await outcomeOf(call({ id: 1 }, lambdaContext()));
    const { at } = (replay.kind === 'value' ? replay.value : {}) as { readonly at?: unknown };
    const module = (use: string) => `import type { Context } from 'aws-lambda';
${subject.typed('wrap', HANDLER)}
export const use = async (context: Context) => (await wrapped({ id: 1 }, context)).at${use};`;
    const [asDate = [], asItIs = []] = await errorsOf([module('.getFullYear()'), module('')]);
    const isDate = asDate.length === 0;
    const given = at instanceof Date ? 'a Date' : replay.kind === 'value' ? `a ${typeof at}` : say(replay);
    return {
      ok: asItIs.length === 0 && isDate === at instanceof Date,
      observed: asItIs[0] ?? `typed as ${isDate ? 'a Date' : 'no Date'}, a replay gives ${given}`,
    };
  },
};

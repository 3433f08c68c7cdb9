import { call } from '../../support/raw-call.ts';
import type { Deployment, TargetName } from '../case.ts';
import { DRIVER } from '../template.ts';

/** An app whose outputs are known. */
export function deploymentOf(
  name: TargetName,
  timeScale: number,
  outputs: Readonly<Record<string, string>>,
): Deployment {
  const output = (key: string): string => {
    const value = outputs[key];
    if (value === undefined) throw new Error(`the app has no output ${key}`);
    return value.replace(/\/$/, '');
  };
  return {
    ...{ name, timeScale, output },
    async command(command, input) {
      const got = await call(`${output(DRIVER)}/`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify({ command, input }),
      });
      if (got.status !== 200) throw new Error(`the driver answered ${got.status}: ${got.body.slice(0, 500)}`);
      const { result, error } = JSON.parse(got.body) as {
        readonly result?: unknown;
        readonly error?: string;
      };
      if (error !== undefined) throw new Error(`${command}: ${error}`);
      return result;
    },
  };
}

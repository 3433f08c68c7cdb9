/* One cold start: a process that loads a bundle and calls its handler once. */
import { spawnSync } from 'node:child_process';

export interface ColdStart {
  readonly initMs: number;
  /** The first invocation, 0 where there is none. */
  readonly firstMs: number;
  /** Of all threads of the process, both together: what else the machine does counts less. */
  readonly cpuMs: number;
}

const PROGRAM = `
  const [file, event] = process.argv.slice(1);
  const before = process.cpuUsage();
  const from = performance.now();
  const loaded = await import(file);
  const initMs = performance.now() - from;
  let firstMs = 0;
  if (event !== undefined) {
    const endsAt = Date.now() + 10_000;
    const context = { awsRequestId: 'first', functionName: 'bench', invokedFunctionArn: 'arn:aws:lambda:eu-west-1:1:function:bench',
      getRemainingTimeInMillis: () => endsAt - Date.now() };
    const { statusCode } = await (loaded.handler ?? loaded.default.handler)(JSON.parse(event), context);
    if (statusCode !== 201) throw new Error('the handler answered ' + statusCode);
    firstMs = performance.now() - from - initMs;
  }
  const { user, system } = process.cpuUsage(before);
  process.getBuiltinModule('node:fs').writeSync(3, JSON.stringify({ initMs, firstMs, cpuMs: (user + system) / 1_000 }));
  process.exit(0);`;

/** @param event What the handler is called with. Default: it is not called. */
export function coldStart(
  file: string,
  environment: Readonly<Record<string, string>>,
  event?: object,
): ColdStart {
  const args = ['--input-type=module', '--eval', PROGRAM, file];
  const { PATH = '' } = process.env;
  const { status, output } = spawnSync(process.execPath, event ? [...args, JSON.stringify(event)] : args, {
    env: { PATH, ...environment },
    // What handlers print is not looked at.
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${file} ended with ${status}`);
  return JSON.parse(output[3] ?? '') as ColdStart;
}

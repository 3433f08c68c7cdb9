import { type Engine, startEngine } from '../../lib/local/dynamodb/engine.ts';
import { startProcesses } from '../../lib/local/processes.ts';

/** A line beside the output. */
export const tell = (line: string): void => void process.stderr.write(`${line}\n`);

/** Does something with a DynamoDB on this machine, which ends with it, also where a signal ends that. */
export async function withEngine(work: (engine: Engine) => Promise<void>): Promise<void> {
  const processes = startProcesses();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => void processes.end().finally(() => process.exit(code)));
  }
  const log = { say: tell, output: () => undefined };
  const engine = await startEngine('auto', processes, log, new AbortController().signal);
  try {
    await work(engine);
  } finally {
    await engine.stop();
    await processes.end();
  }
}

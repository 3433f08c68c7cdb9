import { cpus } from 'node:os';

/** Where and when something was measured. */
export interface Machine {
  /** A day, as ISO 8601 has it. */
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
}

export function thisMachine(): Machine {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    node: process.versions.node,
  };
}

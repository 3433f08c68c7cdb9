import { fileURLToPath } from 'node:url';
import {
  type FunctionOptions,
  type LocalFunction,
  localFunction,
  type SandboxSettings,
} from '../../lib/local/lambda/function.ts';
import { turns } from '../../lib/local/lambda/semaphore.ts';
import type { FunctionModel } from '../../lib/local/template/functions.ts';

/** The handlers of the sandbox tests. */
export const HANDLERS = fileURLToPath(new URL('../local/handlers', import.meta.url));

export interface FunctionOfTest
  extends Pick<FunctionOptions, 'processes' | 'bootstrap'>,
    Partial<Omit<FunctionOptions, 'model' | 'settings' | 'processes' | 'bootstrap'>> {
  readonly model?: Partial<FunctionModel>;
  /** Where its code is. Default: `HANDLERS`. */
  readonly folder?: string;
  readonly settings?: Partial<SandboxSettings>;
}

const MODEL = {
  ...{ logicalId: 'Fn', functionName: 'Fn', displayName: 'Fn' },
  ...{ runtime: 'nodejs24.x', handler: 'index.handler', layers: [], foreignLayers: [] },
  ...{ memoryMb: 256, timeoutMs: 10_000, reservedConcurrency: 1, maxConcurrencyPerSandbox: undefined },
};

/** A function with five sandboxes at most that are frozen between invocations, where a test wants nothing else. */
export function functionOfTest({
  model,
  folder = HANDLERS,
  settings,
  ...options
}: FunctionOfTest): LocalFunction {
  return localFunction({
    model: { ...MODEL, code: { path: folder }, ...model },
    ...{ region: 'us-east-1', takeTurn: turns(2), environment: {}, defaultConcurrency: 5 },
    code: { taskRoot: folder, modulePaths: '' },
    settings: { freeze: true, maxConcurrencyPerSandbox: 1, idleMs: 300_000, ...settings },
    onOutput: () => undefined,
    ...options,
  });
}

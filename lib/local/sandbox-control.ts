import { FibrinError } from '../core/errors.ts';
import { checkOptions, type OptionRules } from '../core/options.ts';
import * as rule from '../core/rules.ts';
import type { LocalFunction, SandboxSettings, SandboxView } from './lambda/function.ts';
import type { Sandbox } from './lambda/sandbox.ts';

/** Looks at the sandboxes, and does to them what Lambda and the world do. */
export interface SandboxControl {
  list(): SandboxSettings & { readonly sandboxes: readonly (SandboxView & { readonly function: string })[] };
  /** @throws {FibrinError} 400 for settings that are none. */
  set(settings: unknown): void;
  /** @throws {FibrinError} 400 for a change that is none, 404 for a process that is no sandbox. */
  change(pid: number, change: unknown): void;
  /** All of them, or one. @throws {FibrinError} 404 for a process that is no sandbox. */
  kill(pid?: number): void;
  /** How many it has killed, by function. */
  kills(): Readonly<Record<string, number>>;
}

const SETTINGS: OptionRules = {
  optional: {
    freeze: rule.boolean(),
    maxConcurrencyPerSandbox: rule.integer(1, 64),
    idleMs: rule.integer(1, 86_400_000),
  },
};
const CHANGES: OptionRules = {
  optional: { frozen: rule.boolean(), clockOffsetMs: rule.integer(-86_400_000, 86_400_000) },
};

function checked<T extends object>(what: string, input: unknown, rules: OptionRules): T {
  try {
    return checkOptions(what, input as T, rules);
  } catch (error) {
    throw new FibrinError('BAD_SETTING', (error as Error).message, { status: 400, cause: error });
  }
}

export function sandboxControl(
  functions: ReadonlyMap<string, LocalFunction>,
  settings: SandboxSettings,
): SandboxControl {
  const killed: Record<string, number> = {};
  const all = (): readonly Sandbox[] => [...functions.values()].flatMap((fn) => fn.sandboxes());
  const find = (pid: number): Sandbox => {
    const sandbox = all().find((candidate) => candidate.pid === pid);
    if (sandbox) return sandbox;
    throw new FibrinError(
      'NO_SUCH_SANDBOX',
      `There is no sandbox ${pid}; GET /_fibrin/sandboxes lists them`,
      {
        status: 404,
      },
    );
  };
  return {
    list: () => ({
      ...settings,
      sandboxes: [...functions.values()].flatMap((fn) => {
        const { name, sandboxes } = fn.state();
        return sandboxes.map((sandbox) => ({ function: name, ...sandbox }));
      }),
    }),
    set(input) {
      const changed = checked<Partial<SandboxSettings>>('sandboxes', input, SETTINGS);
      const capacity = changed.maxConcurrencyPerSandbox ?? settings.maxConcurrencyPerSandbox;
      // A sandbox has the capacity that it was started with: those that do nothing make room for others.
      const outdated = capacity !== settings.maxConcurrencyPerSandbox;
      Object.assign(settings, changed);
      for (const sandbox of all()) {
        if (outdated && sandbox.state !== 'busy') sandbox.kill();
        else if (!settings.freeze) sandbox.thaw();
      }
    },
    change(pid, input) {
      const sandbox = find(pid);
      const { frozen, clockOffsetMs } = checked<{ frozen?: boolean; clockOffsetMs?: number }>(
        'sandbox',
        input,
        CHANGES,
      );
      if (clockOffsetMs !== undefined) sandbox.clockOffsetMs = clockOffsetMs;
      if (frozen === true) sandbox.freeze();
      if (frozen === false) sandbox.thaw();
    },
    kill(pid) {
      const doomed = pid === undefined ? all() : [find(pid)];
      for (const fn of functions.values()) {
        const { displayName } = fn.model;
        for (const sandbox of fn.sandboxes().filter((each) => doomed.includes(each))) {
          sandbox.kill();
          killed[displayName] = (killed[displayName] ?? 0) + 1;
        }
      }
    },
    kills: () => ({ ...killed }),
  };
}

import { FibrinError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';

/** The ways a dependency can be made to fail. More may come; an unknown one is refused with the list. */
export const FAULT_KINDS = [
  'error',
  'latency',
  'hang',
  'reset',
  'corrupt',
  'throttle',
  'refuse',
  'lost-answer',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Names that the profile workload's dependencies have, whether or not a template brings them. */
const WORKLOAD_TARGETS = ['posts', 'social', 'users', 'cache', 'resilience', 'bus'] as const;

export interface Fault {
  readonly kind: FaultKind;
  /** Share of the requests that meet it, 0 to 1. */
  readonly rate: number;
  /** `latency`: how much later the answer comes, in milliseconds. */
  readonly ms: number;
  /** `error`: the HTTP status of the answer. */
  readonly status: number;
}

export interface FaultSwitches {
  /** @throws {FibrinError} 400 for a bad fault, 404 for an unknown target. */
  set(target: string, fault: unknown): { readonly fault: Fault; readonly affects: readonly string[] };
  clear(target?: string): void;
  /** The fault that a request to the target meets now, if any. Throws the dice. */
  roll(target: string | undefined): Fault | undefined;
  list(): Readonly<Record<string, Fault>>;
  /** Aborts when the target's fault is changed or cleared, so that what hangs or waits for it can let go. */
  lifted(target: string | undefined): AbortSignal;
}

const bad = (message: string): never => {
  throw new FibrinError('BAD_FAULT', message, { status: 400 });
};

function numberIn(value: unknown, name: string, min: number, max: number, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  return bad(
    `expected \`${name}\` to be a number from ${min} to ${max}, got ${typeof value === 'number' ? value : typeof value}`,
  );
}

function parseFault(input: unknown): Fault {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return bad('expected a fault like { "kind": "error", "rate": 1 }');
  }
  const { kind, rate, ms, status, ...unknown } = input as Record<string, unknown>;
  const known = FAULT_KINDS.find((candidate) => candidate === kind);
  if (known === undefined)
    return bad(
      `expected \`kind\` to be one of ${FAULT_KINDS.join(', ')}, got ${typeof kind === 'string' ? JSON.stringify(kind.slice(0, 60)) : typeof kind}`,
    );
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) bad(`unknown member \`${stranger}\`; a fault is { kind, rate?, ms?, status? }`);
  return {
    kind: known,
    rate: numberIn(rate, 'rate', 0, 1, 1),
    ms: numberIn(ms, 'ms', 0, 600_000, 2_000),
    status: numberIn(status, 'status', 400, 599, 500),
  };
}

/** @param affected What each target stands for in the template, for people: `{ users: ['table Users'] }`. */
export function faultSwitches(
  affected: Readonly<Record<string, readonly string[]>>,
  random: Random,
): FaultSwitches {
  const faults = new Map<string, Fault>();
  const lifting = new Map<string, AbortController>();
  const lift = (target: string) => {
    faults.delete(target);
    lifting.get(target)?.abort();
    lifting.delete(target);
  };
  const targets = new Set<string>([...WORKLOAD_TARGETS, ...Object.keys(affected)]);
  return {
    set(target, input) {
      if (!targets.has(target)) {
        throw new FibrinError('NO_SUCH_TARGET', `expected a target out of ${[...targets].join(', ')}`, {
          status: 404,
        });
      }
      const fault = parseFault(input);
      lift(target);
      faults.set(target, fault);
      return { fault, affects: affected[target] ?? [] };
    },
    clear(target) {
      for (const name of target === undefined ? [...faults.keys()] : [target]) lift(name);
    },
    roll(target) {
      const fault = target === undefined ? undefined : faults.get(target);
      return fault && random.next() < fault.rate ? fault : undefined;
    },
    list: () => Object.fromEntries(faults),
    lifted(target = '') {
      const controller = lifting.get(target) ?? new AbortController();
      lifting.set(target, controller);
      return controller.signal;
    },
  };
}

import { FibrinError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { type Fault, parseFault, type Surface } from './fault.ts';

/** Names that the profile workload's dependencies have, whether or not a template brings them. */
const WORKLOAD_TARGETS: Readonly<Record<string, Surface>> = {
  posts: 'service',
  social: 'service',
  users: 'table',
  cache: 'table',
  resilience: 'table',
  bus: 'bus',
};

/** Something in the template that a target stands for. */
export interface Affected {
  readonly surface: Surface;
  /** For people: `table Users`. */
  readonly name: string;
}

/** What came to a target since the run began. */
export interface Traffic {
  /** Requests that reached it, or the fault on the way there. */
  readonly requests: number;
  /** Those of them that met a fault. */
  readonly faulted: number;
}

export interface FaultSwitches {
  /** @throws {FibrinError} 400 for a bad fault or one that such a target cannot show, 404 for an unknown target. */
  set(target: string, fault: unknown): { readonly fault: Fault; readonly affects: readonly string[] };
  clear(target?: string): void;
  /** The fault that a request to the target meets now, if any. Throws the dice and counts the request. */
  roll(target: string | undefined): Fault | undefined;
  /** Whether the target's name is one that does not resolve now. Throws the dice. */
  isUnresolved(target: string): boolean;
  list(): Readonly<Record<string, Fault>>;
  traffic(): Readonly<Record<string, Traffic>>;
  /** Aborts when the target's fault is changed or cleared, so that what hangs or waits for it can let go. */
  lifted(target: string | undefined): AbortSignal;
}

/** @param affected What each target stands for in the template. */
export function faultSwitches(
  affected: Readonly<Record<string, readonly Affected[]>>,
  random: Random,
): FaultSwitches {
  const surfaces = new Map<string, readonly Surface[]>([
    ...Object.entries(WORKLOAD_TARGETS).map(([target, surface]) => [target, [surface]] as const),
    ...Object.entries(affected).map(
      ([target, all]) => [target, [...new Set(all.map(({ surface }) => surface))]] as const,
    ),
  ]);
  const faults = new Map<string, Fault>();
  const met = new Map<string, number>();
  const traffic = new Map<string, Traffic>();
  const lifting = new Map<string, AbortController>();
  const lift = (target: string) => {
    faults.delete(target);
    met.delete(target);
    lifting.get(target)?.abort();
    lifting.delete(target);
  };
  const draw = (target: string): Fault | undefined => {
    const fault = faults.get(target);
    const times = met.get(target) ?? 0;
    if (fault === undefined || times >= (fault.times ?? Number.POSITIVE_INFINITY)) return undefined;
    if (random.next() >= fault.rate) return undefined;
    met.set(target, times + 1);
    const isOfTail = fault.tailRate > 0 && random.next() < fault.tailRate;
    return isOfTail ? { ...fault, ms: fault.tailMs } : fault;
  };
  return {
    set(target, input) {
      const possible = surfaces.get(target);
      if (possible === undefined) {
        const known = [...surfaces.keys()].join(', ');
        throw new FibrinError('NO_SUCH_TARGET', `expected a target out of ${known}`, { status: 404 });
      }
      const fault = parseFault(input, possible);
      lift(target);
      faults.set(target, fault);
      return { fault, affects: (affected[target] ?? []).map(({ name }) => name) };
    },
    clear(target) {
      for (const name of target === undefined ? [...faults.keys()] : [target]) lift(name);
    },
    roll(target) {
      if (target === undefined) return undefined;
      const { requests, faulted } = traffic.get(target) ?? { requests: 0, faulted: 0 };
      // What has found its way here has resolved the name.
      const fault = faults.get(target)?.kind === 'unresolved' ? undefined : draw(target);
      traffic.set(target, { requests: requests + 1, faulted: faulted + (fault ? 1 : 0) });
      return fault;
    },
    isUnresolved: (target) => faults.get(target)?.kind === 'unresolved' && draw(target) !== undefined,
    list: () => Object.fromEntries(faults),
    traffic: () => Object.fromEntries(traffic),
    lifted(target = '') {
      const controller = lifting.get(target) ?? new AbortController();
      lifting.set(target, controller);
      return controller.signal;
    },
  };
}

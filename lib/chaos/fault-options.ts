import { checkOptions, type OptionRules } from '../core/options.ts';
import * as rule from '../core/rules.ts';

/** The answer comes later. */
export interface LatencyFault {
  readonly kind: 'latency';
  /** How much later. Milliseconds, 1 or more. */
  readonly ms: number;
}

/** The call fails without being made. */
export interface ErrorFault {
  readonly kind: 'error';
  /** Makes what is thrown. Default: an `InjectedFaultError`. */
  readonly error?: () => unknown;
  /** Status of the default error: 408, 429 and 5xx are worth a retry. Integer, 400 to 599. Default 500. */
  readonly status?: number;
}

/** The call is not made and does not end before its signal aborts. */
export interface HangFault {
  readonly kind: 'hang';
}

/** The call is made, and its value is replaced. */
export interface CorruptFault {
  readonly kind: 'corrupt';
  /** Makes the value that is given instead. Default: an object with nothing in it that anybody expects. */
  readonly with?: (value: unknown) => unknown;
}

/** One way in which a call is made to fail. */
export type PlainFault = LatencyFault | ErrorFault | HangFault | CorruptFault;

/** The same, and who meets it. */
export type Fault = PlainFault & {
  /** Probability that an attempt meets it. Fraction, 0 to 1. Default 1. */
  readonly rate?: number;
  /** Name of the policy that meets it. Default: each that has it in its list. */
  readonly target?: string;
};

export interface FaultOptions {
  /** Required, since faults are for game days and must not be switched on by accident. False: there are none. */
  readonly enabled: boolean;
  /** An attempt may meet several: then in this order, from the caller inwards. */
  readonly faults: readonly Fault[];
}

const OWN: Readonly<Record<PlainFault['kind'], OptionRules>> = {
  latency: { required: { ms: rule.durationMs() } },
  error: { optional: { error: rule.fn(), status: rule.integer(400, 599) } },
  hang: {},
  corrupt: { optional: { with: rule.fn() } },
};

const KIND: OptionRules = { required: { kind: rule.oneOf(...Object.keys(OWN)) } };

const AIM = { rate: rule.fraction(), target: rule.name() };

const list = rule.unless(Array.isArray, 'an array of faults');

/**
 * @param more Options that it may have beside those of its kind.
 * @throws {InvalidOptionError} naming the option, the expectation and the value.
 */
export function checkFault<F extends PlainFault>(
  owner: string,
  fault: F,
  more: OptionRules['optional'] = {},
): F {
  // The kind first: the other options are unknown or not because of it.
  if (typeof fault === 'object' && fault !== null) checkOptions(owner, { kind: fault.kind }, KIND);
  const own = OWN[fault?.kind];
  return checkOptions(owner, fault, {
    required: { ...KIND.required, ...own?.required },
    optional: { ...own?.optional, ...more },
  });
}

/**
 * Checks the options and gives the faults, none where they are not enabled.
 * @throws {InvalidOptionError} naming the option, the expectation and the value.
 */
export function checkFaultOptions(owner: string, options: FaultOptions): readonly Fault[] {
  checkOptions(owner, options, { required: { enabled: rule.boolean(), faults: list } });
  const faults = options.faults.map((fault, index) => checkFault(`${owner}.faults[${index}]`, fault, AIM));
  return options.enabled ? faults : [];
}

/** Those that a policy or a handler of this name meets. */
export const faultsOf = (faults: readonly Fault[], name: string | undefined): readonly Fault[] =>
  faults.filter(({ target = name }) => target === name);

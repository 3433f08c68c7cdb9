import { checkOptions, type OptionRule, type OptionRules, rule } from '../core/options.ts';

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
  /** Share of the attempts that meet it. Fraction, 0 to 1. Default 1. */
  readonly rate?: number;
  /** Name of the policy that meets it. Default: each that has it in its list. */
  readonly target?: string;
};

export interface FaultOptions {
  /** Must be said: faults are for game days, and nobody should come by them unawares. */
  readonly enabled: true;
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

const share: OptionRule = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a fraction from 0 to 1';

const AIM = { rate: share, target: rule.name() };

const saidSo: OptionRule = (value) =>
  value === true ? undefined : 'true (faults are for game days; on any other day leave them out)';

const list: OptionRule = (value) => (Array.isArray(value) ? undefined : 'an array of faults');

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
 * Checks the options and gives the faults that the policy `name` meets.
 * @throws {InvalidOptionError} naming the option, the expectation and the value.
 */
export function checkFaultOptions(owner: string, options: FaultOptions, name?: string): readonly Fault[] {
  checkOptions(owner, options, { required: { enabled: saidSo, faults: list } });
  return options.faults
    .map((fault, index) => checkFault(`${owner}.faults[${index}]`, fault, AIM))
    .filter(({ target }) => target === undefined || target === name);
}

import { FibrinError } from '../core/errors.ts';

/** What a target is: each can fail in ways of its own. */
export type Surface = 'service' | 'table' | 'bus';

/** The ways anything can be made to fail. */
const ANYWHERE = [
  'error',
  'latency',
  'hang',
  'reset',
  'corrupt',
  'throttle',
  'refuse',
  'lost-answer',
  'stall',
  'drip',
  'garble',
] as const;
/** Those that are for a service behind HTTP alone. */
const SERVICE = ['oversize', 'mix-up', 'unresolved'] as const;
export type FaultKind = (typeof ANYWHERE)[number] | (typeof SERVICE)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Share of the requests that meet it, 0 to 1. */
  readonly rate: number;
  /** How many requests meet it before it is over. Undefined: any number. */
  readonly times: number | undefined;
  /** `latency`: how much later the answer comes; `drip`: how long after one byte the next. Milliseconds. */
  readonly ms: number;
  /** `latency`: the fraction of the answers that come `tailMs` later instead. 0 to 1. */
  readonly tailRate: number;
  /** Milliseconds. */
  readonly tailMs: number;
  /** `error`: the HTTP status of the answer. */
  readonly status: number;
  /** `oversize`: how long the body is. */
  readonly bytes: number;
  /** `error` of a service: what its `Retry-After` asks for. Undefined: it has none. */
  readonly retryAfterSeconds: number | undefined;
  /** How `Retry-After` says it. */
  readonly retryAfterForm: 'seconds' | 'date';
}

const MEMBERS =
  'kind, rate?, times?, ms?, tailRate?, tailMs?, status?, bytes?, retryAfterSeconds?, retryAfterForm?';
const LATENCY_MS = 2_000;
const TAIL_MS = 5_000;
const DRIP_MS = 1_000;
const OVERSIZE_BYTES = 50_000_000;

const bad = (message: string): never => {
  throw new FibrinError('BAD_FAULT', message, { status: 400 });
};

const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : typeof value;

function numberIn<D>(value: unknown, name: string, min: number, max: number, fallback: D): number | D {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  return bad(
    `expected \`${name}\` to be a number from ${min} to ${max}, got ${typeof value === 'number' ? value : typeof value}`,
  );
}

function integerIn<D>(value: unknown, name: string, min: number, max: number, fallback: D): number | D {
  const number = numberIn(value, name, min, max, fallback);
  return typeof number !== 'number' || Number.isInteger(number)
    ? number
    : bad(`expected \`${name}\` to be a whole number, got ${number}`);
}

function kindOf(value: unknown, isService: boolean): FaultKind {
  const kinds: readonly FaultKind[] = isService ? [...ANYWHERE, ...SERVICE] : ANYWHERE;
  return (
    kinds.find((kind) => kind === value) ??
    bad(`expected \`kind\` to be one of ${kinds.join(', ')}, which this target can show, got ${shown(value)}`)
  );
}

/** @throws {FibrinError} 400 for what is no fault, or none that such a target can show. */
export function parseFault(input: unknown, surfaces: readonly Surface[]): Fault {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return bad('expected a fault like { "kind": "error", "rate": 1 }');
  }
  const { kind, rate, times, ms, tailRate, tailMs, status, bytes, ...others } = input as Record<
    string,
    unknown
  >;
  const { retryAfterSeconds, retryAfterForm, ...unknown } = others;
  const isService = surfaces.includes('service');
  const known = kindOf(kind, isService);
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) bad(`unknown member \`${stranger}\`; a fault is { ${MEMBERS} }`);
  if (retryAfterSeconds !== undefined && !(known === 'error' && isService))
    bad('expected `retryAfterSeconds` with an error of a service only');
  if ((tailRate !== undefined || tailMs !== undefined) && known !== 'latency')
    bad('expected `tailRate` and `tailMs` with a latency only');
  const form = retryAfterForm ?? 'seconds';
  if (form !== 'seconds' && form !== 'date')
    return bad(`expected \`retryAfterForm\` to be seconds or date, got ${shown(form)}`);
  return {
    kind: known,
    rate: numberIn(rate, 'rate', 0, 1, 1),
    times: integerIn(times, 'times', 0, 1_000_000, undefined),
    ms: numberIn(ms, 'ms', 0, 600_000, known === 'drip' ? DRIP_MS : LATENCY_MS),
    tailRate: numberIn(tailRate, 'tailRate', 0, 1, 0),
    tailMs: numberIn(tailMs, 'tailMs', 0, 600_000, TAIL_MS),
    status: integerIn(status, 'status', 400, 599, 500),
    bytes: integerIn(bytes, 'bytes', 1, 1_000_000_000, OVERSIZE_BYTES),
    retryAfterSeconds: integerIn(retryAfterSeconds, 'retryAfterSeconds', 0, 86_400, undefined),
    retryAfterForm: form,
  };
}

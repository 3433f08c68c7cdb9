import {
  GARBAGE_COUNTS_NAMES,
  GARBAGE_STATE_NAMES,
  type Hostile,
  type HostileItem,
} from '../../simulation/hostile.ts';
import type { Draft } from '../../simulation/scenario.ts';
import { STORE_FAULTS } from '../../simulation/store-outage.ts';
import { UsageError } from '../usage.ts';
import { durationIn, integerIn, numberIn, oneIn, signedDurationIn, spanIn } from './values.ts';

/** A year, in which no scenario ends. */
const MAX_SKEW_MS = 366 * 86_400_000;

/** Where `--outage` is a span, as 60s..180s, the seed draws from it; that of the scenarios is the same. */
function outageIn(name: string, text: string): Draft {
  if (!text.includes('..')) return { outageMs: durationIn(name, text) };
  const { fromMs, toMs } = spanIn(name, text);
  if (fromMs === 60_000 && toMs === 180_000) return {};
  throw new UsageError(`--outage: expected 60s..180s or one duration, got ${JSON.stringify(text)}`);
}

type Name =
  | 'sandboxes'
  | 'rate'
  | 'outage'
  | 'errors'
  | 'healthy-errors'
  | 'latency'
  | 'failure-latency'
  | 'slow-call'
  | 'attempts'
  | 'loss'
  | 'skew'
  | 'skew-one'
  | 'concurrency';

/** What each option with a value gives of the scenario. */
const GIVEN: Readonly<Record<Name, (name: string, text: string) => Draft>> = {
  sandboxes: (name, text) => ({ sandboxes: integerIn(name, text, 1, 1_000_000) }),
  rate: (name, text) => ({ rate: numberIn(name, text, 0.01, 1_000_000) }),
  outage: outageIn,
  errors: (name, text) => ({ outageErrors: numberIn(name, text, 0, 1) }),
  'healthy-errors': (name, text) => ({ errors: numberIn(name, text, 0, 1) }),
  latency: (name, text) => ({ okMs: durationIn(name, text) }),
  'failure-latency': (name, text) => ({ failedMs: durationIn(name, text) }),
  'slow-call': (name, text) => ({ slowCallMs: durationIn(name, text) }),
  attempts: (name, text) => ({ maxAttempts: integerIn(name, text, 1, 10) }),
  loss: (name, text) => ({ lossFraction: numberIn(name, text, 0, 1) }),
  skew: (name, text) => ({ skewMs: durationIn(name, text) }),
  'skew-one': (name, text) => ({ skewOneMs: signedDurationIn(name, text, MAX_SKEW_MS) }),
  concurrency: (name, text) => ({ concurrency: integerIn(name, text, 1, 1_000) }),
};

/** What `state:huge-rate` means. */
function hostileIn(name: string, text: string): Hostile {
  const garbage = [
    ...GARBAGE_STATE_NAMES.map((each) => ({ item: 'state', garbage: each }) as const),
    ...GARBAGE_COUNTS_NAMES.map((each) => ({ item: 'counts', garbage: each }) as const),
  ];
  const all = garbage.map((each) => `${each.item}:${each.garbage}`);
  return garbage[all.indexOf(oneIn(name, text, all))] as Hostile;
}

/** The moment of `--hostile`, unless it is given: from the onset on. Milliseconds. */
const HOSTILE_AT_MS = -30_000;

/** Options that are only of use together. */
export interface TogetherOptions {
  readonly 'store-outage'?: string | undefined;
  readonly 'store-fault'?: string | undefined;
  readonly hostile?: string | undefined;
  readonly 'hostile-at'?: string | undefined;
}

function togetherIn(options: TogetherOptions): Draft {
  const { 'store-outage': outage, 'store-fault': fault, hostile, 'hostile-at': at } = options;
  if (fault !== undefined && outage === undefined)
    throw new UsageError('--store-fault: expected --store-outage beside it, to say when');
  if (at !== undefined && hostile === undefined)
    throw new UsageError('--hostile-at: expected --hostile beside it');
  const atMs = at === undefined ? HOSTILE_AT_MS : durationIn('hostile-at', at);
  const item = hostile === undefined ? undefined : hostileIn('hostile', hostile);
  const kind = fault === undefined ? undefined : oneIn('store-fault', fault, STORE_FAULTS);
  return {
    ...(outage !== undefined && {
      storeOutage: { ...spanIn('store-outage', outage), ...(kind && { kind }) },
    }),
    ...(item && { hostile: { ...item, atMs } satisfies HostileItem }),
  };
}

export type DraftOptions = TogetherOptions & {
  readonly [name in Name]?: string | undefined;
} & { readonly freeze?: boolean | undefined };

/**
 * The parts of a scenario that the options give.
 * @throws {UsageError} for values that it does not understand.
 */
export function draftIn(options: DraftOptions): Draft {
  const drafts = (Object.keys(GIVEN) as Name[]).map((name) => {
    const text = options[name];
    return text === undefined ? {} : GIVEN[name](name, text);
  });
  return Object.assign({}, ...drafts, options.freeze && { isFreezing: true }, togetherIn(options));
}

/* What calls of fibrin may cost, as multiples of what the others' do. */
import type { Spread } from '../measure.ts';
import type { Kind } from './cost-cases.ts';
import type { CostRow, Figure } from './cost-report.ts';

export const REFERENCE = 'Powertools, Middy';

/** Without the SDK: `fibrin lean`. */
export const LEAN = 'fibrin lean';
/** On the SDK's client, as Powertools is. */
export const ON_SDK = 'fibrin';

/** The most that a multiple may be; of calls a second, the least. */
type Limits = Partial<Record<Kind, Partial<Record<Figure, number>>>>;

const LIMITS: Readonly<Record<string, Limits>> = {
  [ON_SDK]: { fresh: { p50Us: 1, cpuUs: 1 }, replay: { p50Us: 0.9, cpuUs: 0.9 } },
  [LEAN]: {
    fresh: { p50Us: 0.55, cpuUs: 0.4, callsPerS: 1.6 },
    replay: { p50Us: 0.55, cpuUs: 0.4, callsPerS: 2.3 },
  },
};
/** Of the middleware: the wrapper has none beside it. */
const HIT_LIMIT = 0.3;

export const REQUESTS: Readonly<Record<Kind, number>> = { fresh: 2, replay: 1, hit: 0 };

export interface Target {
  readonly kind: Kind;
  readonly name: string;
  readonly figure: Figure;
  /** Round by round, against the reference's. */
  readonly times: Spread;
  readonly limit: number;
  readonly isMet: boolean;
}

const limitsOf = (name: string, kind: Kind): Partial<Record<Figure, number>> => {
  const [library = '', form] = name.split(', ');
  if (kind === 'hit') return library in LIMITS && form === 'Middy' ? { p50Us: HIT_LIMIT } : {};
  return LIMITS[library]?.[kind] ?? {};
};

export const targetsOf = ({ kind, name, times }: CostRow): readonly Target[] =>
  (Object.entries(limitsOf(name, kind)) as [Figure, number][]).map(([figure, limit]) => {
    const { median } = times[figure];
    const isMet = figure === 'callsPerS' ? median >= limit : median <= limit;
    return { kind, name, figure, times: times[figure], limit, isMet };
  });

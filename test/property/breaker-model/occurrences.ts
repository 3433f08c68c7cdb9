/** What happens in schedules. Each has to happen often enough, or the invariants were held against nothing. */
const KINDS = [
  ...(['trips', 'relapses', 'claims', 'takeovers', 'closings', 'rates'] as const),
  ...([
    'late probes',
    'slow probes',
    'claims without a call',
    'successful probes',
    'failed probes',
    'released probes',
  ] as const),
  ...(['local calls', 'aborted calls', 'rejections', 'reports', 'removals of counts'] as const),
  ...(['overrides', 'removals of the state', 'denied requests', 'stale reads'] as const),
  ...(['distant clocks', 'standstills', 'hostile states', 'unreadable states', 'hostile counts'] as const),
];
export type Occurrence = (typeof KINDS)[number];
export type Occurrences = Record<Occurrence, number>;
export const noOccurrences = (): Occurrences =>
  Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Occurrences;

import { wrongCounts } from './judge-counts.ts';
import { type Write, wrongWrites } from './judge-writes.ts';
import type { Summary } from './order.ts';
import type { Findings } from './run.ts';
import type { Visit } from './server.ts';

/** Calls of a process that fail before it knows that it is open: within a second of its first it reads the state. */
const MAX_FAILED_CALLS = 3;
/** And failed probes, of all processes. */
const MAX_FAILED_PROBES = 10;

function wrongVisits(visits: readonly Visit[], from: number, to: number): readonly string[] {
  const probes = visits.filter(({ claim }) => claim !== undefined);
  const most = Math.max(...probes.map((visit) => visit.probes));
  const strays = visits.filter(({ claim, at }) => claim === undefined && at > from && at < to);
  return [
    ...(most === 1 ? [] : [`${most} probes were there at once`]),
    ...(new Set(probes.map(({ claim }) => claim)).size === probes.length
      ? []
      : ['two probes came under one claim']),
    ...strays.map(
      ({ id, at }) => `${id} called ${at - from} ms after all knew that it was open, and not to probe`,
    ),
  ];
}

/** An outage costs each process a few calls. */
function wrongFailures(summaries: readonly Summary[]): readonly string[] {
  const failed = summaries.reduce((sum, summary) => sum + summary.failed, 0);
  const most = summaries.length * MAX_FAILED_CALLS + MAX_FAILED_PROBES;
  return failed > most ? [`${failed} calls failed, where ${most} are the most`] : [];
}

/** What is wrong with a run. */
export function judge({ summaries, visits, knownAt, frozen, counts, state }: Findings): readonly string[] {
  const writes = summaries
    .flatMap(({ written }, by) => written.map((one): Write => ({ ...one, by })))
    .toSorted((a, b) => a.state.version - b.state.version);
  const unknown = summaries.flatMap((summary) => summary.unknown.filter((what) => what.startsWith('put')));
  const closing = writes.find((write) => write.state.state === 'closed' && write.at > knownAt);
  const next = writes.find((write) => write.state.version === (frozen.claim ?? 0) + 1);
  const hasRecorded = next?.by === frozen.id && next.state.successes > 0;
  return [
    ...summaries.flatMap(({ errors }) => errors),
    ...wrongFailures(summaries),
    ...wrongCounts(summaries, counts),
    ...wrongWrites(writes, state.version, unknown.length),
    ...wrongVisits(visits, knownAt, closing?.at ?? Number.POSITIVE_INFINITY),
    ...(hasRecorded ? ['a prober that was thawed has recorded a success'] : []),
  ];
}

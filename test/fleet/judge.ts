import { PROBES } from '../../lib/breaker/permits.ts';
import type { Item } from '../../lib/core/store.ts';
import type { Summary, Sums, Written } from './order.ts';
import type { Findings } from './run.ts';
import type { Visit } from './server.ts';

interface Write extends Written {
  readonly by: number;
}

/** Sums of fractions come out a little different, in another order. */
const CLOSE = 1e-6;
const isClose = (one: number, other: number) => Math.abs(one - other) <= CLOSE * Math.max(one, other);

function totalOf(summaries: readonly Summary[]): Sums {
  const total: Sums = {};
  for (const [key, sums] of summaries.flatMap(({ added }) => Object.entries(added))) {
    total[key] ??= {};
    const of = total[key];
    for (const [name, sum] of Object.entries(sums)) of[name] = (of[name] ?? 0) + sum;
  }
  return total;
}

/** Requests of a kind that may have been applied or not. */
const unknownOf = (summaries: readonly Summary[], kind: 'put' | 'add') =>
  summaries.flatMap(({ unknown }) => unknown.filter((what) => what.startsWith(kind)));

/** What the processes say that they have added, and the table does not hold, or the other way round. */
function wrongSums(summaries: readonly Summary[], evidence: Readonly<Record<string, Item>>): string[] {
  const total = totalOf(summaries);
  const keys = [...new Set([...Object.keys(total), ...Object.keys(evidence)])];
  return keys.flatMap((key) => {
    const { expiresAt: _, ...held } = evidence[key] ?? {};
    const told = total[key] ?? {};
    const names = [...new Set([...Object.keys(held), ...Object.keys(told)])];
    // Of a process that was frozen nobody may know what became of its last request.
    const isUnknown = unknownOf(summaries, 'add').some((what) => what.startsWith(`add ${key}:`));
    return names
      .filter((name) => !isClose(Number(held[name] ?? 0), told[name] ?? 0))
      .filter((name) => !isUnknown || Number(held[name] ?? 0) < (told[name] ?? 0))
      .map((name) => `${key} holds ${held[name]} as ${name} where ${told[name]} was added`);
  });
}

/** The story of the verdict, as those tell it who have written it. */
function wrongWrites(writes: readonly Write[], version: number, unheard: number): string[] {
  const wrong: string[] = [];
  const versions = writes.map(({ verdict }) => verdict.version);
  if (new Set(versions).size !== versions.length || version - versions.length > unheard)
    wrong.push(`versions ${versions.join(', ')} lead to ${version}`);
  const of = new Map(writes.map((write) => [write.verdict.version, write]));
  const changes = writes.filter(({ verdict: { epoch } }, at) => epoch > (writes[at - 1]?.verdict.epoch ?? 0));
  const states = changes.map(({ verdict }) => verdict.state).join(', ');
  if (states !== 'open, closed') wrong.push(`it became ${states}`);

  let row = 0;
  for (const { verdict, by, at } of writes) {
    const before = of.get(verdict.version - 1);
    const isEnd = before?.verdict.isProbing && !verdict.isProbing;
    if (isEnd && before.by !== by)
      wrong.push(`${by} tells of the probe ${before.verdict.version} of ${before.by}`);
    const isSuccess = isEnd && (verdict.state === 'closed' || verdict.successes > before.verdict.successes);
    if (isSuccess && at >= before.verdict.until) wrong.push(`${by} was late with version ${verdict.version}`);
    if (isSuccess) row++;
    else if (!verdict.isProbing) row = 0;
    if (verdict.state === 'closed' && before?.verdict.state === 'open' && row < PROBES)
      wrong.push(`it closed after ${row} successes`);
  }
  return wrong;
}

function wrongVisits(visits: readonly Visit[], from: number, to: number): string[] {
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

/** What is wrong with it. */
export function judge({ summaries, visits, knownAt, frozen, evidence, verdict }: Findings): string[] {
  const writes = summaries
    .flatMap(({ written }, by) => written.map((one): Write => ({ ...one, by })))
    .toSorted((a, b) => a.verdict.version - b.verdict.version);
  const closing = writes.find(({ verdict: { state }, at }) => state === 'closed' && at > knownAt);
  const next = writes.find((one) => one.verdict.version === (frozen.claim ?? 0) + 1);
  return [
    ...summaries.flatMap(({ errors }) => errors),
    ...wrongSums(summaries, evidence),
    ...wrongWrites(writes, verdict.version, unknownOf(summaries, 'put').length),
    ...wrongVisits(visits, knownAt, closing?.at ?? Number.POSITIVE_INFINITY),
    ...(next?.by === frozen.id && next.verdict.successes > 0 ? ['a prober that was thawed has told'] : []),
  ];
}

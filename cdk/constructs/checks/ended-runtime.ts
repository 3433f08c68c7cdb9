import { propertyAt, Resources } from './references.ts';
import type { CheckRule } from './rule.ts';

/** When the dates were last read. A runtime that ends later is none of its findings until a later `today`. */
export const RUNTIMES_READ_ON = '2026-11-30';

/**
 * When Lambda ends, or ended, the support of each of its runtimes.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
 */
export const RUNTIME_ENDS: Readonly<Record<string, string>> = {
  nodejs: '2016-08-30',
  'nodejs4.3': '2020-03-05',
  'nodejs4.3-edge': '2020-03-05',
  'nodejs6.10': '2019-08-12',
  'nodejs8.10': '2020-03-06',
  'nodejs10.x': '2021-07-30',
  'nodejs12.x': '2023-03-31',
  'nodejs14.x': '2023-12-04',
  'nodejs16.x': '2024-06-12',
  'nodejs18.x': '2025-09-01',
  'nodejs20.x': '2026-04-30',
  'nodejs22.x': '2027-04-30',
  'nodejs24.x': '2028-04-30',
  'python2.7': '2021-07-15',
  'python3.6': '2022-07-18',
  'python3.7': '2023-12-04',
  'python3.8': '2024-10-14',
  'python3.9': '2025-12-15',
  'python3.10': '2026-10-31',
  'python3.11': '2027-06-30',
  'python3.12': '2028-10-31',
  'python3.13': '2029-06-30',
  'python3.14': '2029-06-30',
  java8: '2024-01-08',
  'java8.al2': '2027-06-30',
  java11: '2027-06-30',
  java17: '2027-06-30',
  java21: '2029-06-30',
  java25: '2029-06-30',
  'dotnetcore1.0': '2019-06-27',
  'dotnetcore2.0': '2019-05-30',
  'dotnetcore2.1': '2022-01-05',
  'dotnetcore3.1': '2023-04-03',
  dotnet6: '2024-12-20',
  dotnet8: '2026-11-10',
  dotnet10: '2028-11-14',
  'ruby2.5': '2021-07-30',
  'ruby2.7': '2023-12-07',
  'ruby3.2': '2026-03-31',
  'ruby3.3': '2027-03-31',
  'ruby3.4': '2028-03-31',
  'ruby4.0': '2029-03-31',
  'go1.x': '2024-01-08',
  provided: '2024-01-08',
  'provided.al2': '2026-07-31',
  'provided.al2023': '2029-06-30',
};

/** The language of a runtime. What has none of its own any more has a successor. */
const familyOf = (runtime: string): string | undefined =>
  /^(go|provided)/.test(runtime) ? 'provided' : /^(dotnet|[a-z]+)/.exec(runtime)?.[0];

/** The runtime of the same language that is supported for longest. */
const successorOf = (runtime: string, ends: Readonly<Record<string, string>>): string | undefined =>
  Object.entries(ends)
    .filter(([name]) => familyOf(name) === familyOf(runtime))
    .sort(([, one], [, other]) => one.localeCompare(other))
    .at(-1)?.[0];

/**
 * A function runs on a runtime that still gets fixes.
 * @param ends Dates by runtimes, as `YYYY-MM-DD`.
 * @param today The day that counts, as `YYYY-MM-DD`.
 */
export const endedRuntime = (ends: Readonly<Record<string, string>>, today: string): CheckRule => ({
  id: 'EndedRuntime',
  description: 'Lambda has ended the support of a runtime.',
  check: (all) =>
    new Resources(all).ofType('AWS::Lambda::Function').flatMap((resource) => {
      const runtime = propertyAt(resource, 'Runtime');
      if (typeof runtime !== 'string') return [];
      const end = ends[runtime];
      if (end === undefined || end > today) return [];
      return [
        {
          resource,
          message: `Its runtime is ${runtime}, whose support ended on ${end}: it gets no more security fixes, and creating and updating functions with it is blocked in time.`,
          fix: `set \`runtime\` to one that is supported, at best ${successorOf(runtime, ends)}.`,
        },
      ];
    }),
});

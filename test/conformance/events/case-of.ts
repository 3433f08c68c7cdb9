import type { Area, ConformanceCase, Deployment } from '../case.ts';

type More = Pick<ConformanceCase, 'difference' | 'limitMs'>;

/** Makes the cases of an area whose pages are below one address. */
export const casesOf =
  (area: Area) =>
  (
    title: string,
    page: string,
    check: (deployed: Deployment) => Promise<void>,
    more: More = {},
  ): ConformanceCase => ({
    ...{ area, title, page, check },
    ...more,
  });

/** For cases that wait for the platform, which takes its time where it cannot be hurried. */
export const PATIENT: More = { limitMs: 300_000 };

import assert from 'node:assert/strict';
import type { ConformanceCase } from '../case.ts';
import { bodyOf, newId, pause, seen, seenNow } from '../events/calls.ts';
import { busCase } from './pages.ts';
import { PATTERN_TABLE, type Part } from './pattern-table.ts';
import { entryOf, putEntries } from './put.ts';

const entryFor = (id: string, source: string, { detail, type, time, resources }: Part) => ({
  ...{ id, source },
  ...(detail && { detail }),
  ...(type !== undefined && { type }),
  more: { ...(time !== undefined && { Time: time }), ...(resources && { Resources: resources }) },
});

/** Each part of an event is put with an id of its own. Those that no rule wants go first. */
export const PATTERN_CASES: readonly ConformanceCase[] = PATTERN_TABLE.map(
  ({ key, title, page, matches, others }) =>
    busCase(title, page, async (deployed) => {
      const good = matches.map((part) => ({ id: newId(), part }));
      const bad = others.map((part) => ({ id: newId(), part }));
      const entries = [...bad, ...good].map(({ id, part }) => entryOf(deployed, entryFor(id, key, part)));
      const { FailedEntryCount } = bodyOf(await putEntries(deployed, await Promise.all(entries)));
      assert.equal(FailedEntryCount, 0);
      for (const { id, part } of good)
        await seen(deployed, id).catch(() => assert.fail(`it does not match ${JSON.stringify(part)}`));
      await pause(deployed, 10);
      for (const { id, part } of bad)
        assert.deepEqual(await seenNow(deployed, id), [], `it matches ${JSON.stringify(part)}`);
    }),
);

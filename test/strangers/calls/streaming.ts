import { deepStrictEqual as equal, ok, rejects } from 'node:assert/strict';
import { systemClock } from '../../../lib/core/clock.ts';
import type { StrangerApp } from '../app.ts';
import type { Started } from '../started.ts';

/** The function waits so long between two lines. */
const PAUSE_MS = 300;

const urlOf = async ({ state }: Started, name: string): Promise<string> =>
  String(Object.entries((await state()).functionUrls).find(([id]) => id.startsWith(name))?.[1]);

export const streaming: StrangerApp = {
  name: 'streaming',
  kind: 'Function URLs whose answers are streamed',
  calls: {
    async 'the lines come while they are made, with status and headers of their own'(run) {
      const response = await fetch(`${await urlOf(run, 'Lines')}?count=4`);
      equal([response.status, response.headers.get('x-lines')], [206, '4']);
      let text = '';
      let firstAt: number | undefined;
      for await (const chunk of response.body ?? []) {
        firstAt ??= systemClock.monotonic();
        text += Buffer.from(chunk).toString();
      }
      equal(text, 'line 1\nline 2\nline 3\nline 4\n');
      ok(systemClock.monotonic() - Number(firstAt) > 2 * PAUSE_MS, 'all lines came at once');
    },
    async 'an answer that breaks off has no end, and the error is printed'(run) {
      const response = await fetch(await urlOf(run, 'Broken'));
      equal(response.status, 200);
      await rejects(response.text());
      await run.prints(/no more lines/);
    },
  },
};

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { INITIAL, stateKey, writeState } from '../../lib/breaker/state.ts';
import { summaryOf } from '../../lib/breaker/summary.ts';
import { listOf } from '../../lib/cli/breakers/list.ts';
import { listLines } from '../../lib/cli/breakers/words.ts';
import { guarded, listen, sendJson } from '../../lib/local/http/server.ts';
import { streamLog } from '../../lib/local/log.ts';
import { print, printDefect, printJson, showProgress } from '../../lib/terminal/print.ts';
import { printable } from '../../lib/terminal/printable.ts';
import { atEndOfTest } from '../support/ends.ts';
import { expectOnlyShown, HOSTILE, SHOWN } from '../support/hostile-text.ts';

const LIB = fileURLToPath(new URL('../../lib', import.meta.url));

/** What is printed while something runs, on either stream. */
function printed(run: () => void): string {
  const texts: string[] = [];
  const take = (text: unknown) => void texts.push(`${text}\n`);
  const spies = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')].map((spy) =>
    spy.mockImplementation(take),
  );
  run();
  for (const spy of spies) spy.mockRestore();
  return texts.join('');
}

afterEach(() => vi.restoreAllMocks());

describe('text for a terminal', () => {
  test('shows what a terminal would obey, and line breaks', () => {
    expect(printable(HOSTILE)).toBe(SHOWN);
    expectOnlyShown(printable(HOSTILE));
  });

  test('is as it was where there is nothing to obey, emoji and all scripts included', () => {
    const text = 'Grüße, 世界, שלום, می‌خواهم, 👩‍👩‍👧 — "\\u001b"';
    expect(printable(text)).toBe(text);
  });

  test('stays the same JSON, whatever the character', () => {
    const all = Array.from({ length: 65_536 }, (_, unit) => String.fromCharCode(unit)).join('');
    const text = printable(JSON.stringify(all));
    expect(JSON.parse(text) === all).toBe(true);
    expectOnlyShown(text);
  });
});

describe('what the command prints', () => {
  test('has a line for each that it was given, and none of a value', () => {
    expect(printed(() => print('one', HOSTILE))).toBe(`one\n${SHOWN}\n`);
  });

  test('is JSON with the values as they are, where it is for programs', () => {
    const output = printed(() => printJson({ by: HOSTILE }));
    expectOnlyShown(output);
    expect(output).toMatch(/^\{\n {2}"by": /);
    expect(JSON.parse(output)).toEqual({ by: HOSTILE });
  });

  test('of a defect is what it was, what caused it, and where, however they are called', () => {
    const cause = Object.assign(new RangeError(HOSTILE), { name: HOSTILE });
    const output = printed(() => printDefect(new TypeError(HOSTILE, { cause }), 'fibrin: unexpected '));
    expectOnlyShown(output);
    const [first, ...more] = output.split('\n');
    expect(first).toBe(`fibrin: unexpected TypeError: ${SHOWN}`);
    expect(more).toContain(`caused by ${SHOWN}: ${SHOWN}`);
    expect(more.filter((line) => /^ +at .*printable\.test/.test(line)).length).toBeGreaterThan(0);
  });

  test.each([
    ['text', HOSTILE],
    ['an object', { [HOSTILE]: HOSTILE }],
    ['nothing', undefined],
  ])('of a defect that is no error but %s is one line', (_what, thrown) => {
    const output = printed(() => printDefect(thrown));
    expectOnlyShown(output);
    expect(output).toMatch(/^.+\n$/);
  });

  test('of its progress is for a terminal alone', () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { isTTY } = process.stderr;
    process.stderr.isTTY = false;
    showProgress('1 of 2');
    process.stderr.isTTY = true;
    showProgress(HOSTILE);
    process.stderr.isTTY = isTTY;
    expect(write.mock.calls).toEqual([[`\r\u001b[K${SHOWN}`]]);
  });

  test('of breakers has columns that fit what is shown', () => {
    const first = { ...INITIAL, version: 1 };
    const stored = { ...first, state: 'forced-open', by: HOSTILE, until: 2_000 } as const;
    const items = [
      { key: stateKey(HOSTILE), item: writeState(stored) },
      { key: stateKey('posts'), item: writeState(first) },
    ];
    const output = printed(() => print(...listLines(listOf({ items, itemsRead: 2 }, 1_000), HOSTILE)));
    expectOnlyShown(output);
    const [heading = '', hostile = '', posts = ''] = output.split('\n');
    expect(hostile.startsWith(`${SHOWN}  forced-open  `)).toBe(true);
    expect(hostile.endsWith(`  forced by ${SHOWN}`)).toBe(true);
    expect(posts.indexOf('closed')).toBe(heading.indexOf('state'));
    expect(summaryOf(HOSTILE, stored, 1_000)).toMatchObject({ name: HOSTILE, by: HOSTILE });
  });
});

describe('what the local run prints', () => {
  const written = (run: (log: ReturnType<typeof streamLog>) => void): string => {
    const stream = new PassThrough();
    run(streamLog(stream));
    return String(stream.read());
  };

  test('about itself is one line, whatever is in it', () => {
    expect(written((log) => log.say(`stack ${HOSTILE}`))).toBe(`stack ${SHOWN}\n`);
  });

  test('of a function shows its colours as text, and keeps its tabs', () => {
    const [line = ''] = HOSTILE.split('\n');
    const text = written((log) => log.output(HOSTILE, `\u001b[1m${line}\u001b[0m`));
    expect(text).toBe(
      `${SHOWN} | \\u001b[1ma\\u001b[31m\\u0007\\u009b2J\\u007f\\u061c\\u202e\\u2066\\u2028\\u2029\\u0085\\u000d\tb\\u001b[0m\n`,
    );
  });

  test('of a defect of its servers is shown, and so is what they answer', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue();
    const server = await listen(
      0,
      guarded(async (request, response) => {
        if (request.url !== '/state') throw new Error(HOSTILE);
        sendJson(response, 200, { breakers: [{ name: HOSTILE }] });
      }),
    );
    atEndOfTest(server.close);
    const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);

    const state = await (await get('/state')).text();
    expectOnlyShown(state);
    expect(JSON.parse(state)).toEqual({ breakers: [{ name: HOSTILE }] });

    expect((await get('/defect')).status).toBe(500);
    const [[said]] = error.mock.calls as [[string]];
    expectOnlyShown(said);
    expect(said).toContain(`Error: ${SHOWN}\n`);
  });
});

test('nothing in the command and the local run prints past that', () => {
  const files = ['cli', 'local']
    .flatMap((folder) =>
      readdirSync(join(LIB, folder), { recursive: true }).map((file) => `${folder}/${file}`),
    )
    .filter((file) => file.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(50);
  const printing = files.filter((file) =>
    /\bconsole\.|process\.(stdout|stderr)/.test(readFileSync(join(LIB, file), 'utf8')),
  );
  // A log writes what is printable. What is in a function's process prints there, and that goes through the log.
  const inFunctions = ['local/code/cfn-response.ts'];
  expect(
    printing.filter((file) => !file.startsWith('local/runtime/') && !inFunctions.includes(file)),
  ).toEqual(['local/log.ts']);
});

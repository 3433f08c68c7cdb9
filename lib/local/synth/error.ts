import { basename } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Where an error begins in what Node prints of it: `TypeError: …`, or `«CannotFindAsset» …` as the CDK names its own. */
const BEGINNING = /^(?:Uncaught )?(?:«\w+» |[\w$.]*(?:Error|Exception)\b[^:]{0,40}: )/;
const FRAME = /^\s+(?:at |\.\.\.)/;
const MAX_CHARACTERS = 1_000;
const LAST_LINES = 5;

/** The place of the app's own that an error names: neither Node's nor a library's. */
function placeIn(lines: readonly string[]): string {
  const own = lines.find((line) => /^\s+at /.test(line) && !/node_modules|node:|<anonymous>/.test(line));
  const [, file, line] = /([^\s(]+?):(\d+)(?::\d+)?(?=[\s)]|$)/.exec(own ?? '') ?? [];
  return file === undefined ? '' : ` (${basename(file)}:${line})`;
}

/** What an app says of its failure, without the source and the stack that Node prints around it. */
export function reasonIn(said: string, otherwise: string): string {
  const printed = said.split('\n').map((line) => line.trimEnd());
  // Colours are only looked through: the printer of the message shows what could control the terminal.
  const lines = printed.map(stripVTControlCharacters);
  const at = lines.findIndex((line) => BEGINNING.test(line));
  if (at >= 0) {
    const rest = lines.slice(at + 1);
    const end = rest.findIndex(
      (line) => FRAME.test(line) || line === '' || /^(Relates to|Require stack|Node\.js v|\{$)/.test(line),
    );
    const message = printed.slice(at, end < 0 ? undefined : at + 1 + end).join('\n');
    // A syntax error has its place above.
    const above = /^SyntaxError/.test(String(lines[at]))
      ? /([^/\\\s]+:\d+)$/.exec(lines.find((line) => /:\d+$/.test(line)) ?? '')
      : null;
    return `${message.slice(0, MAX_CHARACTERS)}${above ? ` (${above[1]})` : placeIn(rest)}`;
  }
  const last = printed.filter((line) => line !== '' && !/^Node\.js v/.test(line)).slice(-LAST_LINES);
  return last.join('\n').slice(-MAX_CHARACTERS) || otherwise;
}

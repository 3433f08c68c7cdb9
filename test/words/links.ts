/** Finds links of a Markdown file to files and headings that do not exist. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

export interface DeadLink {
  readonly target: string;
  readonly at: number;
}

export function deadLinks(root: string, file: string, text: string): readonly DeadLink[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((link) => ({
    target: link[1] ?? '',
    at: link.index,
  }));
  return links.filter(({ target }) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const linked = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(root, linked))) return true;
    if (anchor === undefined || !linked.endsWith('.md')) return false;
    return !anchorsIn(readFileSync(join(root, linked), 'utf8')).includes(anchor);
  });
}

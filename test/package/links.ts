/** Finds the files that a Markdown file of the package links to. */
import { posix } from 'node:path';

const INLINE = /\]\(\s*<?([^)\s>]+)>?(?:\s+["'(][^)]*)?\)/g;
const REFERENCE = /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm;
const HTML = /\b(?:href|src|srcset)\s*=\s*["']([^"'\s]+)/gi;

/** With a scheme or a host it is the same wherever the file is read. An anchor stays in the file. */
const isRelative = (target: string): boolean => !/^(?:[a-z][a-z\d+.-]*:|\/\/|#)/i.test(target);

/** Code is no link. */
const withoutCode = (text: string): string =>
  text.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').replaceAll(/`[^`\n]*`/g, '');

/** The relative targets in a text, images included, each once and without anchors. */
export function relativeLinks(text: string): readonly string[] {
  const prose = withoutCode(text);
  const targets = [INLINE, REFERENCE, HTML].flatMap((pattern) =>
    [...prose.matchAll(pattern)].map(([, target = '']) => target),
  );
  return [...new Set(targets.filter(isRelative).map((target) => target.replace(/[#?].*$/, '')))];
}

/** What a file links to, as paths in the package. */
export const linkedFiles = (file: string, text: string): readonly string[] =>
  relativeLinks(text).map((target) => posix.normalize(posix.join(posix.dirname(file), target)));

/** Takes a file apart into code, in which names are refused, and prose, in which words are. */
import ts from 'typescript';

export interface Part {
  readonly kind: 'code' | 'prose';
  readonly text: string;
  /** Where it begins in the file. */
  readonly at: number;
}

const CODE_SPAN = /`[^`\n]*`/g;

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');

/** Running text: what stands in backticks is code, the rest prose. */
function proseParts(text: string, at: number): readonly Part[] {
  const spans = [...text.matchAll(CODE_SPAN)].map((span) => ({
    ...({ kind: 'code', text: span[0], at: at + span.index } as const),
  }));
  return [{ kind: 'prose', text: text.replaceAll(CODE_SPAN, blank), at }, ...spans];
}

/** A string of one word is a name, of an event or a metric, where it is not a word of the language. */
const isName = (text: string): boolean => /^[\w-]+$/.test(text) && /[-A-Z]/.test(text);

function literalParts(text: string, at: number): readonly Part[] {
  const parts: readonly Part[] = [{ kind: 'prose', text, at }];
  return isName(text.slice(1, -1)) ? [...parts, { kind: 'code', text, at }] : parts;
}

/** Names and literals by the parser; what is left of the file beside them has the comments. */
function typescriptParts(text: string, at: number): readonly Part[] {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.ESNext);
  const parts: Part[] = [];
  let rest = text;
  const take = (start: number, end: number, of: (text: string, at: number) => readonly Part[]) => {
    parts.push(...of(text.slice(start, end), at + start));
    rest = rest.slice(0, start) + blank(rest.slice(start, end)) + rest.slice(end);
  };
  const visit = (node: ts.Node): void => {
    const start = node.getStart(source);
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
      parts.push({ kind: 'code', text: node.text, at: at + start });
    } else if (ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)) {
      take(start, node.end, literalParts);
    } else if (ts.isRegularExpressionLiteral(node)) {
      take(start, node.end, () => []);
    }
    if (ts.isImportDeclaration(node)) {
      // The name of a file is no prose.
      take(node.moduleSpecifier.getStart(source), node.end, () => []);
      if (node.importClause) visit(node.importClause);
    } else ts.forEachChild(node, visit);
  };
  visit(source);
  const comments = [...rest.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)];
  return [...parts, ...comments.flatMap((comment) => markdownParts(comment[0], at + comment.index))];
}

/** Examples in a fence are TypeScript where they say so, else prose with names in it. */
function markdownParts(text: string, at: number): readonly Part[] {
  const fences = [...text.matchAll(/```(\w*)\n([\s\S]*?)```/g)];
  const outside = fences.reduce((rest, fence) => {
    const end = fence.index + fence[0].length;
    return rest.slice(0, fence.index) + blank(fence[0]) + rest.slice(end);
  }, text);
  const inside = fences.flatMap(([whole, language, body = ''], index) => {
    const from = at + (fences[index]?.index ?? 0) + whole.indexOf('\n') + 1;
    // In a docstring each line of an example has a star before it.
    const code = body.replaceAll(/^\s*\*/gm, blank);
    return language === 'ts' ? typescriptParts(code, from) : proseParts(code, from);
  });
  return [...proseParts(outside, at), ...inside];
}

export const partsOf = (file: string, text: string): readonly Part[] =>
  file.endsWith('.ts') ? typescriptParts(text, 0) : markdownParts(text, 0);

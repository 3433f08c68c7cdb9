import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { type Example, ROOT } from './collect.ts';

/** A public entry of the package. */
export interface Entry {
  readonly specifier: string;
  /** Path of its source, from the root of the repository. */
  readonly source: string;
  readonly names: readonly Name[];
}

interface Name {
  readonly name: string;
  readonly isType: boolean;
}

const DECLARED = /^export (?:declare |abstract |async )*(const|let|function|class|interface|type) (\w+)/gm;
const LISTED = /^export (type )?\{([^}]*)\}/gm;
const ALL_OF = /^export \* from '(.+)'/gm;

/** What a module exports, as its text says: the sources name each type as one. */
function namesOf(source: string): readonly Name[] {
  const text = readFileSync(join(ROOT, source), 'utf8');
  const declared = [...text.matchAll(DECLARED)].map(([, kind = '', name = '']) => ({
    name,
    isType: kind === 'interface' || kind === 'type',
  }));
  const listed = [...text.matchAll(LISTED)].flatMap(([, types, list = '']) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map((item) => ({
        name: item.replace(/^.*\s/, ''),
        isType: types !== undefined || item.startsWith('type '),
      })),
  );
  const others = [...text.matchAll(ALL_OF)].flatMap(([, path = '']) => namesOf(join(dirname(source), path)));
  return [...declared, ...listed, ...others];
}

const specifierOf = (path: string): string => `${manifest.name}${path.slice(1)}`;

const entryOf = (path: string, source: string): Entry => ({
  specifier: specifierOf(path),
  source: join(source),
  names: namesOf(source),
});

const EXPORTS = Object.entries(manifest.exports).flatMap(([path, targets]) =>
  typeof targets === 'string' || targets === null ? [] : [[path, targets['fibrin-source']] as const],
);

/** The entries of the package, but for those with a pattern as their name: these hold nothing that others do not. */
export const ENTRIES: readonly Entry[] = EXPORTS.filter(([path]) => !path.includes('*')).map(
  ([path, source]) => entryOf(path, source),
);

/** Whether a specifier names this package or one of its entries. */
export const isOwn = (specifier: string): boolean => `${specifier}/`.startsWith(`${manifest.name}/`);

/** The entry of this package that a specifier names, also by a pattern. Undefined where there is none. */
export function findEntry(specifier: string): Entry | undefined {
  for (const [path, source] of EXPORTS) {
    const [head = '', tail] = specifierOf(path).split('*');
    if (tail === undefined && specifier === head) return entryOf(path, source);
    if (tail === undefined || !specifier.startsWith(head)) continue;
    const name = specifier.slice(head.length);
    return entryOf(path.replace('*', name), source.replace('*', name));
  }
  return undefined;
}

const isDeclaredIn = (code: string, name: string): boolean =>
  new RegExp(`\\b(?:const|let|function|class|interface|type) ${name}\\b`).test(code);

/**
 * The imports that a reader would add to an example without any: of the public names that it uses. Where two entries have
 * one name, the entry that lives where the example stands comes first.
 */
export function importsFor({ from, code }: Example): string {
  if (/^import /m.test(code)) return '';
  const words = new Set(code.match(/\w+/g));
  const isBeside = ({ source }: Entry) => source.endsWith('/index.ts') && dirname(source) === dirname(from);
  const ordered = [...ENTRIES].sort((one, other) => Number(isBeside(other)) - Number(isBeside(one)));
  const taken = new Set<string>();
  const lines = ordered.flatMap(({ specifier, names }) => {
    const used = names.filter(({ name }) => words.has(name) && !taken.has(name) && !isDeclaredIn(code, name));
    for (const { name } of used) taken.add(name);
    const list = used.map(({ name, isType }) => (isType ? `type ${name}` : name)).join(', ');
    return used.length > 0 ? `import { ${list} } from '${specifier}';\n` : [];
  });
  return `${words.has('middy') ? "import middy from '@middy/core';\n" : ''}${lines.join('')}`;
}

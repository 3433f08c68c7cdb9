import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Example, ROOT } from './collect.ts';
import { findEntry, importsFor, isOwn } from './entries.ts';

/** One for each process: several runs of the tests may be under way. */
const OUT = join(ROOT, '.fibrin', 'examples', `run-${process.pid}`);

/** What the top level of an example holds in the end, by name. */
export type Scope = Readonly<Record<string, unknown>>;

const IMPORT = /^import (?:[^;]*? from )?'([^']+)';$/gm;
const DECLARATION = /^(?:export )?(?:const|let|(?:async )?function) (\w+|\{[^}]*\})/gm;

/** Names that the top level declares: `const a`, `const { a, b: c }`, `function a`. */
function namesDeclaredIn(code: string): readonly string[] {
  return [...code.matchAll(DECLARATION)].flatMap(
    ([, pattern = '']) => pattern.match(/\w+(?=\s*(?:[,}]|$))/g) ?? [],
  );
}

/** Names whose values the example has waited for: what its calls came to. */
export function namesAwaitedIn(code: string): readonly string[] {
  return code.split('\n').flatMap((line) => (/^[^=]*= await /.test(line) ? namesDeclaredIn(line) : []));
}

/** An example as a module: its code is a function, so that it runs when it is called, and as often. */
function moduleOf(example: Example, origin: string): string {
  const code = `${importsFor(example)}${example.code}`;
  const imports = (code.match(IMPORT) ?? []).join('\n');
  const body = code
    .replaceAll(IMPORT, '')
    .replaceAll(/^export (?=\w)/gm, '')
    .replaceAll(/\bhttps?:\/\/(?=\w)/g, `${origin}/`);
  const names = namesDeclaredIn(body).join(', ');
  return `${imports}\nexport default async function run() {\n${body}\nreturn { ${names} };\n}\n`;
}

/** What an example imports from this package without its being there. Imports that are not used fail in no other way. */
function missingNames({ code }: Example): readonly string[] {
  return [...code.matchAll(IMPORT)].flatMap(([statement, specifier = '']) => {
    if (!isOwn(specifier)) return [];
    const entry = findEntry(specifier);
    if (entry === undefined) return [specifier];
    const list = /\{([^}]*)\}/.exec(statement)?.[1];
    if (!list) return [];
    const names = list.split(',').map((item) =>
      item
        .trim()
        .replace(/^type /, '')
        .replace(/ as .*/, ''),
    );
    return names.filter((name) => name !== '' && !entry.names.some((known) => known.name === name));
  });
}

/**
 * Loads an example, its services being at an origin of this machine.
 * @throws where it imports what is not there.
 */
export async function load(example: Example, origin: string): Promise<() => Promise<Scope>> {
  const missing = missingNames(example);
  if (missing.length > 0) throw new Error(`imports what is not there: ${missing.join(', ')}`);
  const file = join(OUT, `${example.from.replaceAll(/[^\w]+/g, '-')}-${example.line}.ts`);
  mkdirSync(OUT, { recursive: true });
  writeFileSync(file, moduleOf(example, origin));
  const module = (await import(/* @vite-ignore */ file)) as { readonly default: () => Promise<Scope> };
  return module.default;
}

/** Removes what `load` has written. */
export const unload = (): void => rmSync(OUT, { recursive: true, force: true });

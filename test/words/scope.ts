/** What is checked. A folder joins when its words are done. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Later: lib/cli, lib/testing. */
const DONE = [
  'lib/core',
  'lib/policy',
  'lib/breaker',
  'lib/cache',
  'lib/chaos',
  'lib/deadline',
  'lib/http',
  'lib/local',
  'lib/idempotency',
  'lib/store',
  'lib/telemetry',
  'lib/middleware',
  'lib/shedding',
  'lib/terminal',
  'lib/events',
  'functions',
  'cdk',
  'lib/simulation',
];

/** Files of a finished folder whose words follow those of a folder that is not. */
const LATER: readonly string[] = ['lib/simulation/fibrin.ts'];

/** What tests of any folder import: it does not say what a test is about. */
const HELPERS: readonly string[] = ['lib/store', 'lib/testing'];

const NOT_CHECKED: readonly string[] = ['docs/glossary.md'];

export interface Checked {
  readonly file: string;
  /** Under which it is counted. */
  readonly folder: string;
}

/** The folders of lib, and `functions`, that a test imports from. */
const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/from '(?:\.\.\/)+(lib\/[\w-]+|functions)\//g)].map(([, folder = '']) => folder);

/** A test is checked when all that it imports from is done. */
function isDoneTest(root: string, file: string): boolean {
  const folders = importsOf(readFileSync(join(root, file), 'utf8')).filter(
    (folder) => !HELPERS.includes(folder),
  );
  return folders.length > 0 && folders.every((folder) => DONE.includes(folder));
}

export function checkedFiles(root: string): readonly Checked[] {
  const find = (pattern: string) => globSync(pattern, { cwd: root }).sort();
  const under = (folder: string, files: readonly string[]) => files.map((file) => ({ file, folder }));
  return [
    ...under('documentation', ['README.md', 'CONTRIBUTING.md', ...find('docs/**/*.md')]),
    ...DONE.flatMap((folder) => under(folder, find(`${folder}/**/*.ts`))),
    ...under(
      'tests',
      find('test/**/*.ts').filter((file) => !file.includes('/fixture/') && isDoneTest(root, file)),
    ),
  ].filter(({ file }) => !LATER.includes(file) && !NOT_CHECKED.includes(file));
}

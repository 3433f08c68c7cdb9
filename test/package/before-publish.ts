/* Ends `npm publish` before anything is published, where that would publish dead links. */
import { readFileSync } from 'node:fs';
import { refusalOf } from './publishable.ts';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json')) as { readonly repository?: unknown };

const refusal = refusalOf(read('README.md'), manifest);
if (refusal) {
  console.error(`publish: ${refusal}`);
  process.exitCode = 1;
}

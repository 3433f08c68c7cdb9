import { fileURLToPath } from 'node:url';
import { synthesize } from '../../lib/local/synth.ts';

/** Synthesizes the app once, so that the runs of the tests, which come two at a time, find it done. */
export default async function setUp(): Promise<void> {
  const project = fileURLToPath(new URL('../..', import.meta.url));
  await synthesize({ project, fresh: false, signal: new AbortController().signal });
}

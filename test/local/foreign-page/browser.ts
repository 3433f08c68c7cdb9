import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Processes } from '../../../lib/local/processes.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or no program.
    return false;
  }
};

/** The Chromium of this machine: `CHROME_PATH`, else the first that `PATH` has. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter);
  const all = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [env['CHROME_PATH'] ?? '', ...all].find((path) => path !== '' && isProgram(path));
}

export interface PageOptions {
  readonly chromium: string;
  readonly url: string;
  /** As `--host-resolver-rules` takes them. */
  readonly resolve: string;
  /** An empty folder. */
  readonly profile: string;
  readonly processes: Processes;
}

/** Opens a page in a browser of its own. Gives what ends it. */
export function openPage({ chromium, url, resolve, profile, processes }: PageOptions): () => void {
  const child = processes.start(
    chromium,
    [
      // The page is the test's own, and the sandbox of a browser does not start in every container.
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
      ...['--no-proxy-server', '--disable-background-networking', '--disable-component-update'],
      ...[`--user-data-dir=${profile}`, `--host-resolver-rules=${resolve}`, url],
    ],
    { stdio: 'ignore' },
  );
  return () => processes.kill(child);
}

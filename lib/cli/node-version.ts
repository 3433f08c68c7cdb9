/**
 * What is wrong with the version of Node.js, in one sentence; undefined where it is new enough.
 * @param engines That of package.json, such as `>=22.3`.
 */
export function nodeProblem(version: string, engines: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [, oldestMajor = 0, oldestMinor = 0] = (/(\d+)\.?(\d*)/.exec(engines) ?? []).map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `expected Node.js ${oldestMajor}.${oldestMinor} or later, got ${version}; npm install -D node@24 brings it into this project`;
}

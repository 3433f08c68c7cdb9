/** Whether the package may be published. npm shows README.md on a page of its own, where only `repository` leads links home. */
import { relativeLinks } from './links.ts';

/** Why the package may not be published. Undefined: it may. */
export function refusalOf(
  readme: string,
  { repository }: { readonly repository?: unknown },
): string | undefined {
  const links = relativeLinks(readme);
  if (links.length === 0 || repository) return undefined;
  return `README.md links to ${links.join(', ')}, which lead nowhere on npm: add \`repository\` to package.json first`;
}

import type { Entry } from './entries.ts';
import type { Scope } from './scopes.ts';

/** What the user leaves out with `--without`, and what of the run refers to it. */
export interface LeftOut {
  readonly logicalId: string;
  readonly type: string;
  /** Properties of what runs that refer to it: `Orders.Environment`. */
  readonly referredBy: readonly string[];
}

/** Whether a value refers to a resource by `Ref`, `Fn::GetAtt` or `Fn::Sub`. */
function refersTo(value: unknown, logicalId: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, member]) => {
    const texts = [member].flat().filter((one) => typeof one === 'string');
    if (name === 'Ref') return member === logicalId;
    if (name === 'Fn::GetAtt') return texts[0]?.split('.')[0] === logicalId;
    const substituted = name === 'Fn::Sub' && new RegExp(`\\$\\{${logicalId}[.}]`).test(texts[0] ?? '');
    return substituted || refersTo(member, logicalId);
  });
}

export interface LeftOutOptions {
  readonly scopes: readonly Scope[];
  readonly entries: readonly Entry[];
  keyOf(scope: Scope, logicalId: string): string;
  isLeftOut(logicalId: string, type: string): boolean;
  runs(logicalId: string, type: string): boolean;
}

export const leftOutOf = ({ scopes, entries, keyOf, isLeftOut, runs }: LeftOutOptions): readonly LeftOut[] =>
  scopes.flatMap((scope) =>
    Object.entries(scope.stack.template.Resources)
      .filter(([logicalId, { Type }]) => isLeftOut(logicalId, Type))
      .map(([logicalId, { Type }]) => ({
        ...{ logicalId: keyOf(scope, logicalId), type: Type },
        referredBy: entries
          .filter((entry) => entry.scope === scope && runs(entry.logicalId, entry.resource.Type))
          .flatMap(({ key, resource }) =>
            Object.entries(resource.Properties ?? {})
              .filter(([, value]) => refersTo(value, logicalId))
              .map(([name]) => `${key}.${name}`),
          ),
      })),
  );

import type { TemplateResource } from './assembly.ts';
import type { Scope } from './scopes.ts';

/** A resource that is there, conditions applied. */
export interface Entry {
  /** Its logical id; where several stacks have it, with the name of its stack. */
  readonly key: string;
  readonly scope: Scope;
  readonly logicalId: string;
  readonly resource: TemplateResource;
}

export const entriesOf = (
  scopes: readonly Scope[],
  keyOf: (scope: Scope, logicalId: string) => string,
): readonly Entry[] =>
  scopes.flatMap((scope) =>
    [...scope.resources].map(([logicalId, resource]) => ({
      ...{ key: keyOf(scope, logicalId), scope, logicalId, resource },
    })),
  );

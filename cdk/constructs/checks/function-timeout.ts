import { numberOr, propertyAt, type Resources } from './references.ts';
import type { TemplateResource } from './rule.ts';

/** Lambda's own default. */
const DEFAULT_S = 3;

/** How long a function, or that of an alias or version, may take. Undefined: it is not known before deployment. */
export function timeoutSOf(resources: Resources, of: TemplateResource | undefined): number | undefined {
  const fn = resources.functionOf(of);
  return fn && numberOr(propertyAt(fn, 'Timeout'), DEFAULT_S);
}

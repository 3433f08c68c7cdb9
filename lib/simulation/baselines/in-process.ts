import { circuitBreaker } from '../../breaker/local.ts';
import type { Admission } from '../../breaker/permit.ts';
import { callPermit, type Guard, type GuardTools, type Subject } from '../subject.ts';

function guard({ clock, slowCallMs }: GuardTools): Guard {
  const breaker = circuitBreaker({
    name: 'dependency',
    clock,
    ...(slowCallMs !== undefined && { slowCallMs }),
  });
  return {
    // It shares nothing, so there is nothing to wait for.
    admit() {
      const admission = breaker.admit() as Admission;
      return admission instanceof Error ? admission : callPermit(admission);
    },
  };
}

/** A breaker in each sandbox, and nothing shared: that of this package, with its defaults. */
export const inProcess: Subject = { key: undefined, guard };

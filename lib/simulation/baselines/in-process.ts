import { circuitBreaker } from '../../breaker/local.ts';
import type { Permit } from '../../breaker/permit.ts';
import { type Guard, type GuardTools, type Subject, settle } from '../subject.ts';

function guard({ clock, slowCallMs }: GuardTools): Guard {
  const breaker = circuitBreaker({
    name: 'dependency',
    clock,
    ...(slowCallMs !== undefined && { slowCallMs }),
  });
  return {
    enter() {
      // It asks nobody, so there is nothing to wait for.
      const permit = breaker.acquire() as Permit;
      return { isProbe: permit.isProbe, settle: (failed, slow) => settle(permit, failed, slow) };
    },
  };
}

/** A breaker in each sandbox, and nothing shared: that of this package, with its defaults. */
export const inProcess: Subject = { key: undefined, guard };

import { localBreaker } from '../../breaker/local.ts';
import type { Permit } from '../../breaker/permit.ts';
import type { Guard, GuardTools, Subject } from '../subject.ts';

function guard({ clock, slowCallMs }: GuardTools): Guard {
  const breaker = localBreaker({
    name: 'dependency',
    clock,
    ...(slowCallMs !== undefined && { slowCallMs }),
  });
  return {
    enter() {
      // It asks nobody, so there is nothing to wait for.
      const permit = breaker.enter() as Permit;
      return {
        isProbe: breaker.state === 'half-open',
        settle: (failed, slow) => permit.settle(failed, slow),
      };
    },
  };
}

/** A breaker in each sandbox, and nothing shared: that of this package, with its defaults. */
export const inProcess: Subject = { key: undefined, guard };

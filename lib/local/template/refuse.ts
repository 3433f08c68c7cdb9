import { LocalRunError } from '../problem.ts';

/** Stops the run for something that it would serve otherwise than AWS. */
export function refuse(logicalId: string, what: string, fix: string): never {
  throw new LocalRunError(
    `${logicalId}: ${what} is not run on this machine; ${fix}, or leave it out with --without ${logicalId}`,
  );
}

import { Tokenization } from 'aws-cdk-lib';
import { RESERVED_CONCURRENCY_VARIABLE } from '#core/concurrency';

/**
 * The variable by which a function knows its reserved concurrency, for the shedding of load. A number that is a token becomes a
 * reference.
 */
export const reservedVariable = (reserved: number | undefined): Record<string, string> =>
  reserved ? { [RESERVED_CONCURRENCY_VARIABLE]: Tokenization.stringifyNumber(reserved) } : {};

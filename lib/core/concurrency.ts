/*
 * What says how many invocations there are at once. The shedding of load and the constructs share it.
 */

/** The environment variable with the reserved concurrency of a function: the most environments, each with one invocation at a time. */
export const RESERVED_CONCURRENCY_VARIABLE = 'FIBRIN_RESERVED_CONCURRENCY';

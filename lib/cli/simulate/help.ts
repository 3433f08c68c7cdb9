import { CHECKS } from '../../simulation/checks.ts';
import { GARBAGE_COUNTS_NAMES, GARBAGE_STATE_NAMES } from '../../simulation/hostile.ts';
import { SCENARIO_NAMES } from '../../simulation/scenarios.ts';
import { STORE_FAULTS } from '../../simulation/store-outage.ts';

/** Names in lines of at most so many, below each other. */
export const listOf = (names: readonly string[], indent: number, perLine: number): string =>
  Array.from({ length: Math.ceil(names.length / perLine) }, (_, line) =>
    names.slice(line * perLine, (line + 1) * perLine).join(', '),
  ).join(`,\n${' '.repeat(indent)}`);

/** Of checks with one beginning there are many. */
const CHECK_GROUPS = [...new Set(CHECKS.map(({ name }) => name.replace(/^(hostile|skew|store)-.*/, '$1')))];

export const SIMULATE_HELP: string = `fibrin simulate: execution environments with a shared circuit breaker, in virtual time

Usage: fibrin simulate [options]
       fibrin simulate cache --check [NAME]  the shared cache; see fibrin simulate cache --help

Runs the shipped breaker in thousands of simulated environments on a simulated DynamoDB (its latency, its limits for each
key, its prices), through an outage of what they call. The same seed gives the same figures.

  --scenario NAME       (default: outage) ${listOf(SCENARIO_NAMES, 24, 6)}
  --sandboxes N         environments (default: 10000)
  --rate R              requests a second of all environments, 0.01 or more (default: 5000)
  --outage DURATION     60s..180s, drawn by the seed, or one such as 90s; 0s for none (default: 60s..180s)
  --errors FRACTION     of the calls in the outage, 0 to 1 (default: 1)
  --healthy-errors FRACTION  of the calls without one (default: 0.001)
  --latency DURATION    of a call that succeeds, half of it to half as long again (default: 50ms)
  --failure-latency DURATION  of one that fails (default: 200ms)
  --slow-call DURATION  a call that takes longer is slow, and fails (default: none is)
  --attempts N          calls that a request makes at most, 1 to 10; from 2 on through the shipped retry, with its
                        defaults (default: 1)
  --freeze              environments are frozen between invocations: no timer runs, no answer comes in
  --concurrency N       concurrent invocations of an environment, 1 to 1000; a new one starts when all are full (default:
                        no limit)
  --seed N              (default: a new one)
  --seeds N             runs so many, as many at once as there are processors (default: 1)
  --beside              the same for other breakers: one in each environment, and the algorithms of
                        circuitbreaker-lambda and of Powertools for AWS Lambda (Python), by their documentation
  --svg FILE            a chart of the first seed: the fraction of calls rejected, and of calls made and failed
  --json                for programs
  --help                this text

Faults:
  --loss FRACTION       of the requests to the store, 0 to 1: no answer comes, half of them are applied (default: 0)
  --store-outage FROM..TO  from the onset on, up to 60m, such as 10s..40s: the store fails (default: never)
  --store-fault KIND    in which way: ${STORE_FAULTS.join(', ')} by two seconds (default: silent)
  --skew DURATION       wall clocks are off by up to so much, either way, up to 60m (default: 0ms)
  --skew-one DURATION   the wall clock of one environment is ahead by so much, such as 10s or 1d; --skew-one=-1d: behind
  --hostile ITEM:GARBAGE  an item of the breaker is replaced by garbage
                        state: ${listOf(GARBAGE_STATE_NAMES, 31, 5)}
                        counts: ${listOf(GARBAGE_COUNTS_NAMES, 32, 5)}
  --hostile-at DURATION  that long after the onset (default: 30 s before it)

Checks:
  --check NAME          runs a check, those whose names begin with it, or all: a line a figure with its limit. Exit code 1
                        when one is missed. ${listOf(CHECK_GROUPS, 24, 6)}
  --quick               two seeds of each check, and none of those that take minutes
  --seeds N             so many seeds of each check (default: as many as the check says, 1 to 40)

Not simulated: stale reads, cold starts, environments that die, a dependency that slows down under load.
Exit codes: 0 done, 1 a limit was missed, 2 wrong usage.`;

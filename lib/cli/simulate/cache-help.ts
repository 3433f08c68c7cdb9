import { CACHE_CHECKS } from '../../simulation/cache/checks.ts';
import { listOf } from './help.ts';

const NAMES = listOf(
  CACHE_CHECKS.map((check) => check.name),
  24,
  6,
);

export const CACHE_HELP: string = `fibrin simulate cache: execution environments with a shared cache, in virtual time

Usage: fibrin simulate cache --check [NAME] [options]

Runs the shipped sharedCache in simulated environments on one simulated DynamoDB (its latency, its limits for each key, its
prices) and one simulated source, and holds what comes of it to limits: a line a figure. The same seed gives the same figures.

  --check [NAME]        one check, those whose names begin so, or all (default: all)
                        ${NAMES}
  --quick               two seeds of each check
  --seed N              the first seed (default: a new one)
  --seeds N             so many seeds of each check (default: as many as the check says)
  --json                for programs
  --help                this text

Not simulated: cold starts, a source that slows down under load, lost requests.
Exit codes: 0 done, 1 a limit was missed, 2 wrong usage.`;

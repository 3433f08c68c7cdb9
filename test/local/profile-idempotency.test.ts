import { startProfileRun } from '../support/profile-run.ts';
import { idempotencyFailures } from './profile/idempotency-failures.ts';

// A run of its own: it kills what it meets.
idempotencyFailures(startProfileRun());

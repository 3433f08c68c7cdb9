import { startProfileRun } from '../support/profile-run.ts';
import { idempotencyFailures } from './profile/idempotency-failures.ts';
import { platformFailures } from './profile/platform-failures.ts';

// A run of its own: it kills what it meets.
const theRun = startProfileRun();
idempotencyFailures(theRun);
platformFailures(theRun);

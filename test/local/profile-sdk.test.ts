import { startProfileRun } from '../support/profile-run.ts';
import { idempotencyFailures } from './profile/idempotency-failures.ts';
import { platformFailures } from './profile/platform-failures.ts';

// The same over the AWS SDK, which the app's functions do without.
const theRun = startProfileRun('sdk');
idempotencyFailures(theRun, 'sdk');
platformFailures(theRun);

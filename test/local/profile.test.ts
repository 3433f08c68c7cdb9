import { startProfileRun } from '../support/profile-run.ts';
import { correlatedRequests } from './profile/correlation.ts';
import { deepHealth } from './profile/deep-health.ts';
import { changedProfiles } from './profile/events.ts';
import { profileRequests } from './profile/requests.ts';
import { severalAtOnce } from './profile/several-at-once.ts';

// One run for all of them, one after the other: to start it costs more than what most of them ask of it.
const theRun = startProfileRun();

// The first one looks into dead-letter queues that have to be empty.
changedProfiles(theRun);
correlatedRequests(theRun);
profileRequests(theRun);
severalAtOnce(theRun);
// The last one leaves a dead letter.
deepHealth(theRun);

import { InFlightError, OutcomeUnknownError, PayloadMismatchError } from '../../lib/idempotency/errors.ts';
import { freeHeld, removeExpired } from './caretakers.ts';
import { DURABLE_WORK_MS } from './executions.ts';
import type { Request } from './history.ts';
import { longestLockMs } from './known-leases.ts';
import { type Heard, sandbox } from './sandbox.ts';
import { settle } from './settle.ts';
import { DAY_MS, isAstray, LONGEST_WORK_MS, MARGIN_MS, RETENTION_SECONDS, type World } from './world.ts';

/** No lease is believed for longer. */
const LONGEST_LOCK_MS = longestLockMs('');
/** A lease by a clock that is ahead, seen by one that is behind. */
const LEASE_MS = DURABLE_WORK_MS + MARGIN_MS + MARGIN_MS;
/** The same for a retention, which is counted in whole seconds. */
const RETENTION_MS = (RETENTION_SECONDS + 1) * 1_000 + MARGIN_MS + MARGIN_MS;

/**
 * What has to work after any schedule: all sandboxes are gone, the network is well again, what was under way is lost, and
 * a caller comes whose clock is as far behind as clocks may be.
 */
export async function recover(world: World): Promise<void> {
  const { clock, network, referee, setup } = world;
  const late = sandbox(setup.skewsMs.length, -MARGIN_MS / 2, world);
  const hears = async (work: Promise<Heard>): Promise<Heard | 'nothing yet'> => {
    let heard: Heard | 'nothing yet' = 'nothing yet';
    work.then((last) => {
      heard = last;
    }, referee.unexpected);
    await settle();
    // A duplicate may wait for a run that a clock which is set wrong lets last.
    if (heard === 'nothing yet' && isAstray(setup)) await clock.advance(setup.waitMs + 1);
    return heard;
  };
  const asksOnce = (request: Request) => hears(late.begin(request, LONGEST_WORK_MS, false));
  /** A lease by a clock that is set wrong ends for a sandbox when no run that it knows of can be at work any more. */
  const asks = async (request: Request) => {
    const heard = await asksOnce(request);
    if (!(isAstray(setup) && heard instanceof InFlightError)) return heard;
    await clock.advance(LONGEST_LOCK_MS + 1);
    return asksOnce(request);
  };
  /** By the clock that is set wrong too. */
  const waitForRetention = async () => {
    await clock.advance(RETENTION_MS + (isAstray(setup) ? DAY_MS : 0));
    removeExpired(world);
  };
  const must = (what: string, heard: unknown, ...right: unknown[]) => {
    if (!right.includes(heard)) referee.blame('stuck', `${what} heard: ${heard}`);
  };

  network.loseAll();
  await clock.advance(LEASE_MS + 1);
  for (const user of ['anna', 'ben']) {
    // The one that the key was used with, whichever it was.
    const tea = await asks({ user, payload: 'tea' });
    const payload = tea instanceof PayloadMismatchError ? 'coffee' : 'tea';
    let heard = payload === 'tea' ? tea : await asks({ user, payload });
    if (setup.onUnknownOutcome === 'hold' && heard instanceof OutcomeUnknownError) {
      if (setup.isFreed) freeHeld(world);
      else await waitForRetention();
      heard = await asks({ user, payload });
      must(`${user}, free again,`, heard, 'runs');
    }
    must(`${user} after the lease`, heard, 'runs', 'replays');
    if (heard === 'runs') must(`${user} at the end`, await hears(late.complete()), 'done');
    must(`${user} again`, await asks({ user, payload }), 'replays');
  }
  await waitForRetention();
  for (const user of ['anna', 'ben']) {
    must(`${user} after the retention`, await asks({ user, payload: 'coffee' }), 'runs');
    late.crash();
  }
}

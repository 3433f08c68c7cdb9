import { StoreError } from '../../lib/core/errors.ts';
import { InFlightError, OutcomeUnknownError } from '../../lib/idempotency/errors.ts';
import type { ClaimedRun } from '../../lib/idempotency/guard.ts';
import { seededRandom } from '../../lib/testing/index.ts';
import { client } from './client.ts';
import { consequencesOf, ENDINGS, type Ending } from './endings.ts';
import { contextOf, type Execution } from './executions.ts';
import type { Request, Try } from './history.ts';
import type { Fate } from './network.ts';
import { judgeRefusal } from './refusals.ts';
import { isAstray, MARGIN_MS, RETENTION_SECONDS, type World } from './world.ts';

/** What a caller hears that waits for a request, or for the end of its run. */
export type Heard = 'runs' | 'replays' | 'done' | 'nothing' | Error;

/** A run under way. */
interface Going {
  readonly run: ClaimedRun;
  readonly try: Try;
}

interface Invocation {
  readonly request: Request;
  readonly execution: Execution | undefined;
  readonly untilMs: number;
  /** How often the store had changed when it came. */
  readonly changes: number;
  going?: Going;
  /** Waits for the store. */
  isBusy: boolean;
}

/** Errors after which a durable execution may try again. */
const isWorthATry = (error: unknown) =>
  error instanceof StoreError || error instanceof InFlightError || error instanceof OutcomeUnknownError;

/** One sandbox, which serves one request at a time with the shipped guard. */
export function sandbox(name: number, skewMs: number, world: World) {
  const { clock, records, past, counts, referee, setup } = world;
  const random = seededRandom(name);
  const holds = setup.onUnknownOutcome === 'hold';
  // With `rerun` it is over when a clock says so, and one may be set wrong.
  const keptMs = holds || !isAstray(setup) ? RETENTION_SECONDS * 1_000 : -Infinity;
  let alive: Invocation | undefined;
  let requests = 0;
  let results = 0;

  let { wire, guard, isBelieved } = client(world, skewMs, random);

  /** The invocation ends. A durable execution may go on with the next one. */
  const end = (invocation: Invocation, goesOn: boolean) => {
    const { execution, going } = invocation;
    if (execution && goesOn) world.executions.suspend(execution);
    else if (going) past.ends(going.try.by);
    if (alive === invocation) alive = undefined;
  };

  const kill = (invocation: Invocation | undefined) => {
    if (invocation === undefined || alive !== invocation) return;
    if (invocation.going) counts.crashes++;
    end(invocation, true);
    wire.cut();
    ({ wire, guard, isBelieved } = client(world, skewMs, random));
  };

  const timeIsUp = (invocation: Invocation) => {
    if (setup.kills) kill(invocation);
    else if (alive === invocation && invocation.going) counts.overruns++;
  };

  /** Works for an invocation. Who was killed meanwhile hears nothing. */
  const work = async (
    invocation: Invocation,
    fates: readonly Fate[],
    call: () => Promise<() => Heard>,
  ): Promise<Heard> => {
    invocation.isBusy = true;
    wire.expect(fates);
    try {
      const hear = await call();
      return alive === invocation ? hear() : 'nothing';
    } catch (error) {
      if (alive !== invocation) return 'nothing';
      const { changes, going: own } = invocation;
      const nowMs = clock.now() + skewMs;
      judgeRefusal(world, error, { wire, nowMs, isBelieved, changes, owner: own?.run.record.owner });
      end(invocation, isWorthATry(error));
      return error as Error;
    } finally {
      invocation.isBusy = false;
    }
  };

  /** Ends the run that is under way, if one is. */
  const finish = async (
    fates: readonly Fate[],
    goesOn: boolean,
    endRun: (going: Going, invocation: Invocation) => Promise<() => void>,
  ): Promise<Heard> => {
    const invocation = alive;
    const going = invocation?.going;
    if (invocation === undefined || going === undefined || invocation.isBusy) return 'nothing';
    return work(invocation, fates, async () => {
      const hear = await endRun(going, invocation);
      return () => {
        hear();
        end(invocation, goesOn);
        return 'done';
      };
    });
  };

  const hearRun = (invocation: Invocation, run: ClaimedRun): Heard => {
    const { execution, request } = invocation;
    const { owner } = run.record;
    const atMs = clock.now();
    const untilMs = Math.max(execution?.untilMs ?? 0, invocation.untilMs);
    const by = execution?.arn ?? `request ${name}.${requests}`;
    const next = { by, user: request.user, key: run.key, atMs, untilMs };
    invocation.going = { run, try: next };
    past.runs(next);
    records.runs(run.key, run.record);
    if (Math.abs(skewMs) > MARGIN_MS) counts.astray++;
    if (wire.isLeased(atMs + skewMs)) counts.disbelieved++;
    if (wire.metItself(owner)) counts.recognised++;
    return 'runs';
  };

  return {
    /** `running`: it has a claim and waits for nothing. */
    is: (state: 'idle' | 'alive' | 'running') =>
      state === 'running'
        ? alive?.going !== undefined && !alive.isBusy
        : (alive === undefined) === (state === 'idle'),

    async begin(asked: Request, remainingMs: number, isDurable: boolean, fates: readonly Fate[] = []) {
      if (alive) return 'nothing';
      requests++;
      const toldBefore = past.told;
      const untilMs = clock.now() + remainingMs;
      const execution = isDurable ? world.executions.next(asked) : undefined;
      const request = execution?.request ?? asked;
      const { changes } = records;
      const invocation: Invocation = { request, execution, untilMs, changes, isBusy: true };
      alive = invocation;
      clock.after(remainingMs, () => timeIsUp(invocation));
      return work(invocation, fates, async () => {
        const begun = await guard.begin(
          request,
          contextOf(() => untilMs - clock.now(), execution),
        );
        return () => {
          if (begun.kind === 'run') return hearRun(invocation, begun);
          past.replays(request, begun.kind === 'replay' ? begun.result : begun.kind, toldBefore, clock.now());
          end(invocation, false);
          return 'replays';
        };
      });
    },

    /** @param insists Whether it tries once more, with another result, when it does not hear that it is recorded. */
    complete: (insists = false, fates: readonly Fate[] = []) =>
      finish(fates, false, async ({ run, try: of }, { request }) => {
        const { owner } = run.record;
        const record = async () => {
          const result = `${request.payload} for ${request.user}, ${name}.${++results}`;
          const atMs = clock.now();
          past.submits({ ...request, of, result, atMs, keptUntilMs: atMs + keptMs });
          return (await guard.end(run, { result }))?.result;
        };
        const answer = await record().catch((error: unknown) => {
          if (insists && error instanceof StoreError) return record();
          throw error;
        });
        return () => {
          if (records.isOvertaken(owner))
            referee.blame('deceived', `${owner} was overtaken and did not hear of it`);
          past.acknowledges(of, answer, clock.now());
          if (wire.metItself(owner)) counts.recognised++;
        };
      }),

    /** The run ends without a result: from here on it does nothing. */
    fail: (ending: Ending, happened: boolean, fates: readonly Fate[] = []) =>
      finish(fates, true, async ({ run, try: failed }) => {
        const { isResumed } = run;
        const { isProved, isFree, hasHappened } = consequencesOf(ending, { holds, isResumed, happened });
        if (isFree) records.releases(run.record.owner);
        if (isFree || !hasHappened) past.fails(failed);
        else past.keeps(failed);
        counts[ending]++;
        const line = wire;
        const { deletes } = line;
        const ended = await ENDINGS[ending].end();
        await guard.end(run, ended);
        if (isProved && line.deletes === deletes) records.leftFor(run.record.owner);
        return () => void counts[isFree ? 'released' : 'kept']++;
      }),

    /** The run ends and no caller knows in which way. */
    markUnknown: () =>
      finish([], true, async ({ run }) => {
        await guard.end(run, undefined);
        return () => void counts.left++;
      }),

    crash: () => kill(alive),
  };
}

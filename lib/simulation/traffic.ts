import { BreakerOpenError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { Environment } from './environments.ts';
import type { Observer, RequestSeen } from './observer.ts';
import type { Pool } from './pool.ts';
import type { Scenario } from './scenario.ts';
import type { CallPermit } from './subject.ts';
import { courseOf } from './times.ts';
import type { World } from './world.ts';

/** How a call fails that is made under a policy: with an error that is worth a retry. */
const UNAVAILABLE = Object.assign(new Error('simulated: the dependency fails'), { status: 503 });

export interface TrafficTools {
  readonly virtual: World;
  readonly random: Random;
  readonly environments: Pool<Environment>;
  readonly observer: Observer;
}

/** Begins to make requests, at random moments. */
export function beginTraffic(scenario: Scenario, tools: TrafficTools): void {
  const { virtual, random, environments, observer } = tools;
  const { okMs, failedMs, slowCallMs } = scenario;
  const { errorsAt, rateAt } = courseOf(scenario);

  const end = (environment: Environment) => {
    environment.sandbox.end();
    environments.release(environment);
  };
  /** A defect of what is simulated ends the simulation. */
  const crash = (error: unknown) => {
    virtual.at(virtual.now, () => {
      throw error;
    });
  };
  const reject = (environment: Environment, request: RequestSeen, error: unknown) => {
    if (!(error instanceof BreakerOpenError)) return crash(error);
    observer.rejected(request);
    end(environment);
  };
  /** Whether a call that begins now will fail, and how long it will take. */
  const fails = () => random.next() < errorsAt(virtual.now);
  const tookMsOf = (failed: boolean) => (failed ? failedMs : okMs * (0.5 + random.next()));

  const finish = (environment: Environment, request: RequestSeen, failed: boolean, addedMs: number) => {
    observer.ended(request, !failed, addedMs);
    end(environment);
  };
  const callUnder = (permit: CallPermit, environment: Environment, request: RequestSeen) => {
    const acquiredMs = virtual.now - request.at;
    const failed = fails();
    const tookMs = tookMsOf(failed);
    const probed = permit.isProbe ? observer.probe() : undefined;
    observer.called(failed);
    virtual.at(virtual.now + tookMs, () => {
      probed?.();
      const slow = slowCallMs !== undefined && tookMs >= slowCallMs;
      const recorded = permit.record({ failed: failed || slow, slow });
      if (recorded === undefined) return finish(environment, request, failed, acquiredMs);
      const calledAt = virtual.now;
      virtual.wake();
      void recorded.then(() => finish(environment, request, failed, acquiredMs + virtual.now - calledAt));
    });
  };
  const invoke = (environment: Environment, request: RequestSeen) => {
    try {
      const acquired = environment.guard.acquire();
      if (!(acquired instanceof Promise)) return callUnder(acquired, environment, request);
      virtual.wake();
      acquired.then(
        (permit) => callUnder(permit, environment, request),
        (error: unknown) => reject(environment, request, error),
      );
    } catch (error) {
      reject(environment, request, error);
    }
  };

  const attempt = (isProbe: boolean) =>
    new Promise<void>((resolve, reject) => {
      const failed = fails();
      const probed = isProbe ? observer.probe() : undefined;
      observer.called(failed);
      virtual.at(virtual.now + tookMsOf(failed), () => {
        virtual.wake();
        probed?.();
        if (failed) reject(UNAVAILABLE);
        else resolve();
      });
    });
  const invokePolicy = (environment: Environment, request: RequestSeen) => {
    virtual.wake();
    environment.execute?.(attempt).then(
      () => finish(environment, request, false, 0),
      (error: unknown) =>
        error === UNAVAILABLE ? finish(environment, request, true, 0) : reject(environment, request, error),
    );
  };

  const arrive = () => {
    const perMs = rateAt(virtual.now) / 1_000;
    virtual.at(virtual.now - Math.log(1 - random.next()) / perMs, arrive);
    const environment = environments.take();
    const request = observer.request(environment.isSkewed);
    const handle = environment.execute ? invokePolicy : invoke;
    environment.sandbox.begin(() => handle(environment, request));
  };
  arrive();
}

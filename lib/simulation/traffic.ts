import { BreakerOpenError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { Environment } from './environments.ts';
import type { Observer, RequestSeen } from './observer.ts';
import type { Pool } from './pool.ts';
import type { Scenario } from './scenario.ts';
import type { CallAdmission, CallPermit } from './subject.ts';
import { type Course, courseOf } from './times.ts';
import type { World } from './world.ts';

/** How a call fails that is made under a policy: with an error that is worth a retry. */
const UNAVAILABLE = Object.assign(new Error('simulated: the dependency fails'), { status: 503 });

export interface TrafficTools {
  readonly virtual: World;
  readonly random: Random;
  readonly environments: Pool<Environment>;
  readonly observer: Observer;
}

/** Makes the requests of a scenario, at random moments, and the calls of those that are admitted. */
export class Traffic {
  readonly #scenario: Scenario;
  readonly #course: Course;
  readonly #tools: TrafficTools;

  constructor(scenario: Scenario, tools: TrafficTools) {
    this.#scenario = scenario;
    this.#course = courseOf(scenario);
    this.#tools = tools;
  }

  /** A request comes, and after it the next one. */
  arrive(): void {
    const { virtual, random, environments, observer } = this.#tools;
    const perMs = this.#course.rateAt(virtual.now) / 1_000;
    virtual.at(virtual.now - Math.log(1 - random.next()) / perMs, () => this.arrive());
    const environment = environments.take();
    const request = observer.request(environment.isSkewed);
    environment.sandbox.begin(() => {
      if (environment.execute) this.#executePolicy(environment.execute, environment, request);
      else this.#admit(environment, request);
    });
  }

  /** Makes a request of one call, under the breaker alone. */
  #admit(environment: Environment, request: RequestSeen): void {
    const admission = environment.guard.admit();
    if (admission instanceof Promise) {
      this.#tools.virtual.wake();
      admission.then(
        (admitted) => this.#follow(admitted, environment, request),
        (error: unknown) => this.#reject(environment, request, error),
      );
    } else {
      this.#follow(admission, environment, request);
    }
  }

  #follow(admission: CallAdmission, environment: Environment, request: RequestSeen): void {
    if (admission instanceof Error) this.#reject(environment, request, admission);
    else this.#callUnder(admission, environment, request);
  }

  #callUnder(permit: CallPermit, environment: Environment, request: RequestSeen): void {
    const { virtual } = this.#tools;
    const { slowCallMs } = this.#scenario;
    const acquiredMs = virtual.now - request.at;
    const failed = this.#fails();
    const tookMs = this.#tookMs(failed);
    const probeEnded = this.#begin(failed, permit.isProbe === true);
    virtual.at(virtual.now + tookMs, () => {
      probeEnded?.();
      const slow = slowCallMs !== undefined && tookMs >= slowCallMs;
      const recorded = permit.record({ failed: failed || slow, slow });
      if (recorded === undefined) return this.#finish(environment, request, failed, acquiredMs);
      const calledAt = virtual.now;
      virtual.wake();
      void recorded.then(() =>
        this.#finish(environment, request, failed, acquiredMs + virtual.now - calledAt),
      );
    });
  }

  /** Makes a request of several attempts. */
  #executePolicy(
    execute: NonNullable<Environment['execute']>,
    environment: Environment,
    request: RequestSeen,
  ): void {
    this.#tools.virtual.wake();
    execute((isProbe) => this.#attempt(isProbe)).then(
      () => this.#finish(environment, request, false, 0),
      (error: unknown) =>
        error === UNAVAILABLE
          ? this.#finish(environment, request, true, 0)
          : this.#reject(environment, request, error),
    );
  }

  #attempt(isProbe: boolean): Promise<void> {
    const { virtual } = this.#tools;
    return new Promise<void>((resolve, reject) => {
      const failed = this.#fails();
      const probeEnded = this.#begin(failed, isProbe);
      virtual.at(virtual.now + this.#tookMs(failed), () => {
        virtual.wake();
        probeEnded?.();
        if (failed) reject(UNAVAILABLE);
        else resolve();
      });
    });
  }

  /** Whether a call that begins now will fail, and how long it will take. */
  #fails(): boolean {
    return this.#tools.random.next() < this.#course.errorsAt(this.#tools.virtual.now);
  }

  #tookMs(failed: boolean): number {
    const { okMs, failedMs } = this.#scenario;
    return failed ? failedMs : okMs * (0.5 + this.#tools.random.next());
  }

  /** @returns What is to be called when the probe ends, where the call is one. */
  #begin(failed: boolean, isProbe: boolean): (() => void) | undefined {
    this.#tools.observer.called(failed);
    return isProbe ? this.#tools.observer.probe() : undefined;
  }

  #finish(environment: Environment, request: RequestSeen, failed: boolean, addedMs: number): void {
    this.#tools.observer.ended(request, !failed, addedMs);
    this.#end(environment);
  }

  #end(environment: Environment): void {
    environment.sandbox.end();
    this.#tools.environments.release(environment);
  }

  /** A defect of what is simulated ends the simulation. */
  #reject(environment: Environment, request: RequestSeen, error: unknown): void {
    const { virtual, observer } = this.#tools;
    if (error instanceof BreakerOpenError) {
      observer.rejected(request);
      this.#end(environment);
    } else {
      virtual.at(virtual.now, () => {
        throw error;
      });
    }
  }
}

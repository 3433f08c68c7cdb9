/*
 * An alias, its provisioned concurrency, and what Application Auto Scaling and CloudFormation do to it, minute by minute. Each rule
 * has the place where it was observed.
 */

/** What a deployment sets. */
export interface Deployed {
  /** The version that the alias names. */
  readonly version: string;
  /** Whether the version's init throws. */
  readonly initThrows?: boolean;
  /** Provisioned concurrency in the template, of the version and of the alias. */
  readonly versionValue?: number;
  readonly aliasValue?: number;
  /** Whether the template gives other versions a part of the traffic. */
  readonly weighted?: boolean;
  /** Why the function can have no provisioned concurrency. */
  readonly unsupported?: string;
  readonly target?: ScaledTarget;
}

export interface ScaledTarget {
  readonly min: number;
  readonly max: number;
  readonly actions: readonly ScaledAction[];
}

export interface ScaledAction {
  readonly name: string;
  readonly schedule: string;
  readonly timeZone?: string;
  readonly min?: number;
  readonly max?: number;
}

/** What became of a deployment. */
export interface Outcome {
  readonly error?: string;
  /** Why CloudFormation could not roll back: somebody has to step in. */
  readonly rollbackError?: string;
}

export const NOT_FOUND =
  'ProvisionedConcurrencyConfigNotFoundException: No Provisioned Concurrency Config found for this function';
export const WEIGHTS =
  'InvalidParameterValueException: Alias with weights can not be used with Provisioned Concurrency';
export const LATEST =
  'InvalidParameterValueException: Provisioned Concurrency Configs cannot be applied to unpublished function versions';
export const INIT_FAILED =
  'Provisioned Concurrency configuration failed to be applied. Reason: FUNCTION_ERROR_INIT_FAILURE';
export const SAME_VERSION =
  'A version for this Lambda function exists. Modify the function to create a new version';
export const STUCK =
  'InvalidParameterValueException: Invalid alias configuration for Provisioned Concurrency';
export const CONTRADICTION = 'ValidationException: Maximum capacity cannot be less than minimum capacity';

/** How long environments take to be ready: 1 to 3 minutes as a rule. */
export const START_MINUTES = 3;

class Refused extends Error {}

export class WarmModel {
  #now = 0;
  #deployed: Deployed | undefined;
  /** What Lambda has, whatever CloudFormation thinks of it. */
  #function: Deployed | undefined;
  /** The version that answers, and the one that the alias is being moved to: until then Lambda gives the old one all traffic. */
  #version = '';
  #moving: { readonly until: number } | undefined;
  /** Of the configuration of the alias. */
  #requested: number | undefined;
  #ready = 0;
  #readyAt = 0;
  #limits: { min: number; max: number } | undefined;
  /** What scheduled actions and registrations failed with. */
  readonly failures: string[] = [];

  /** Environments that are ready. */
  get warm(): number {
    return this.#ready;
  }

  get requested(): number {
    return this.#requested ?? 0;
  }

  get version(): string {
    return this.#version;
  }

  /** Time goes on to a minute, before anything happens in it. */
  advance(minute: number): void {
    this.#now = minute;
    if (this.#moving && minute >= this.#moving.until) this.#moving = undefined;
    if (minute >= this.#readyAt) this.#ready = this.#requested ?? 0;
  }

  /**
   * A scheduled action runs. It sets what it names for good (aws-cdk 30503), and the capacity is brought between both.
   * @returns false: it failed.
   */
  act({ min, max }: { readonly min?: number; readonly max?: number }): boolean {
    const limits = this.#limits;
    if (!limits) return false;
    const wanted = { min: min ?? limits.min, max: max ?? limits.max };
    if (wanted.min > wanted.max) {
      this.failures.push(CONTRADICTION);
      return false;
    }
    this.#limits = wanted;
    return this.#clamp();
  }

  deploy(next: Deployed): Outcome {
    const before = this.#deployed;
    this.#function = next;
    try {
      this.#deployVersion(before, next);
      this.#deployAlias(before, next);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#function = before;
      return { error: error.message, ...this.#rollBack(before, next, error.message) };
    }
    this.#deployed = next;
    this.#deployTarget(before?.target, next.target);
    return {};
  }

  /** A version is not updated: a change of the number alone fails, and so does its way back (aws-cdk PR 8883). */
  #deployVersion(before: Deployed | undefined, { version, versionValue }: Deployed): void {
    if (before?.version === version && before.versionValue !== versionValue) throw new Refused(SAME_VERSION);
  }

  #deployAlias(before: Deployed | undefined, next: Deployed): void {
    const moves = before !== undefined && before.version !== next.version;
    const value = next.aliasValue;
    // SAM 1296.
    if (next.weighted && (value !== undefined || this.#requested !== undefined)) throw new Refused(WEIGHTS);
    if (moves) this.#move(next);
    else this.#version = next.version;
    this.#deployedValue(before, next);
    if (value !== undefined && next.initThrows) throw new Refused(INIT_FAILED); // aws-cdk 6016.
    // Nobody waits for what a schedule has set, so the deployment goes through, and the alias stays on its way.
    if (next.initThrows && this.#requested !== undefined) this.#moving = { until: Number.POSITIVE_INFINITY };
  }

  /** Lambda moves an alias with provisioned concurrency by weights, once the environments of the new version are ready. */
  #move(next: Deployed): void {
    if (this.#moving) throw new Refused(STUCK);
    this.#version = next.version;
    if (this.#requested !== undefined) this.#moving = { until: this.#now + START_MINUTES };
  }

  #deployedValue(before: Deployed | undefined, { aliasValue: value, version }: Deployed): void {
    const changed = before?.aliasValue !== value;
    if (value === undefined) {
      if (!changed) return;
      // SAM 1353: it is taken away while the alias is on its way.
      if (this.#moving) throw new Refused(WEIGHTS);
      this.#put(0);
    } else if (changed || before === undefined) this.#put(value);
    // What has not changed is waited for, and must be there (aws-cdk 29992).
    else if (before.version !== version && this.#requested === undefined) throw new Refused(NOT_FOUND);
  }

  /** To the values of the template before, with the same calls. */
  #rollBack(before: Deployed | undefined, next: Deployed, error: string): Outcome {
    if (error === WEIGHTS || error === STUCK || error === SAME_VERSION) return { rollbackError: error };
    if (before && before.version !== next.version) {
      this.#version = before.version;
      this.#moving = undefined;
    }
    return {};
  }

  #deployTarget(before: ScaledTarget | undefined, target: ScaledTarget | undefined): void {
    if (target === undefined) {
      // What it has set stays (SAM 1846, aws-cdk 31507).
      this.#limits = undefined;
      return;
    }
    if (before === target || JSON.stringify(before) === JSON.stringify(target)) return;
    // Any change registers the target again, with the limits of the template.
    this.#limits = { min: target.min, max: target.max };
    this.#clamp();
  }

  #clamp(): boolean {
    const { min, max } = this.#limits ?? { min: 0, max: 0 };
    const capacity = this.requested;
    const wanted = Math.min(Math.max(capacity, min), max);
    if (wanted === capacity) return true;
    try {
      this.#put(wanted);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.failures.push(error.message);
      return false;
    }
  }

  #put(environments: number): void {
    const { unsupported, weighted, initThrows } = this.#function ?? {};
    if (unsupported !== undefined) throw new Refused(unsupported);
    if (this.#version === '$LATEST') throw new Refused(LATEST);
    if (this.#moving || weighted) throw new Refused(WEIGHTS);
    this.#requested = environments === 0 ? undefined : environments;
    if (environments <= this.#ready) this.#ready = environments;
    else this.#readyAt = initThrows ? Number.POSITIVE_INFINITY : this.#now + START_MINUTES;
  }
}

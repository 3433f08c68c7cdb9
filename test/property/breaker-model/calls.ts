import type { CircuitBreaker } from '../../../lib/breaker/permit.ts';
import { sharedBreaker } from '../../../lib/breaker/shared.ts';
import { BreakerOpenError, DeadlineExceededError } from '../../../lib/core/errors.ts';
import type { Random } from '../../../lib/core/random.ts';
import { settle } from '../../../lib/testing/index.ts';
import { outage } from '../../support/outcomes.ts';
import { Call, type CallEnd, currentCall } from './call.ts';
import type { Environment } from './environment.ts';
import type { History } from './history.ts';
import { OPEN_MS } from './knowledge.ts';
import { NAME, type Network } from './network.ts';
import type { Sabotage } from './sabotage.ts';

class Bug extends TypeError {}

interface OpenCall {
  readonly end: (outcome: CallEnd) => void;
}

const remove = <T>(from: T[], what: T): void => {
  const index = from.indexOf(what);
  if (index >= 0) from.splice(index, 1);
};

/** The calls that one environment makes under its breaker. */
export class Calls {
  readonly #environment: Environment;
  readonly #history: History;
  readonly #slowCallMs: number | undefined;
  readonly #execute: CircuitBreaker['execute'];
  /** Those that are made and have not ended. */
  readonly #open: OpenCall[] = [];
  /** Those that wait for what comes of their calls. */
  readonly #callers: AbortController[] = [];

  constructor(
    environment: Environment,
    network: Network,
    history: History,
    options: {
      readonly random: Random;
      readonly slowCallMs: number | undefined;
      readonly sabotage: Sabotage;
    },
  ) {
    const { random, slowCallMs, sabotage } = options;
    const store = sabotage.store?.(network.storeOf(environment)) ?? network.storeOf(environment);
    const breaker = sharedBreaker({
      ...{ name: NAME, openMs: OPEN_MS, clock: environment.clock, random, store },
      ...(slowCallMs && { slowCallMs }),
    });
    this.#environment = environment;
    this.#history = history;
    this.#slowCallMs = slowCallMs;
    this.#execute = sabotage.execute?.(breaker.execute, store) ?? breaker.execute;
  }

  /** How many are made and have not ended. */
  get count(): number {
    return this.#open.length;
  }

  /** Begins a call. Gives whether it was made, in the end. */
  async begin(remainingMs?: number): Promise<boolean> {
    const caller = new AbortController();
    const { clock, waiting } = this.#environment;
    const call = new Call(clock.monotonic, this.#slowCallMs);
    waiting.add(call);
    this.#callers.push(caller);
    this.#environment.noteWhatCallsMay();
    const options = { signal: caller.signal, ...(remainingMs !== undefined && { remainingMs }) };
    try {
      await currentCall.run(call, () => this.#execute(() => this.#make(call, caller.signal), options));
    } catch (error) {
      const isOutOfTime = error instanceof DeadlineExceededError && remainingMs !== undefined;
      if (error === caller.signal.reason || isOutOfTime) this.#history.count('aborted calls');
      else this.#judge(call, error);
    }
    waiting.delete(call);
    remove(this.#callers, caller);
    return call.isMade;
  }

  async end(which: number, outcome: CallEnd): Promise<void> {
    this.#open[which % Math.max(1, this.#open.length)]?.end(outcome);
    await settle();
  }

  /** @param which Of its callers. -1: the last one. */
  async abort(which: number): Promise<void> {
    this.#callers.at(which < 0 ? which : which % Math.max(1, this.#callers.length))?.abort();
    await settle();
  }

  /** The function that the breaker protects. */
  async #make(call: Call, signal: AbortSignal): Promise<void> {
    const { knowledge } = this.#environment;
    this.#checkCall(call);
    call.make(knowledge.isSure ? knowledge.state.epoch : undefined);
    const { promise, resolve } = Promise.withResolvers<CallEnd>();
    const open: OpenCall = {
      end: (outcome) => {
        remove(this.#open, open);
        call.end(outcome);
        if (call.claim && call.claim !== this.#history.current) this.#history.count('late probes');
        resolve(outcome);
      },
    };
    this.#open.push(open);
    signal.addEventListener('abort', () => open.end('unknown'));
    const outcome = await promise;
    if (outcome === 'failed') throw outage();
    if (outcome === 'unknown') throw new Bug();
  }

  #checkCall({ claim }: Call): void {
    const { knowledge, moment } = this.#environment;
    // When a claim is over, the breaker of this environment may admit the call, and so may a newer state that it knows.
    const isOver =
      (knowledge.isLocal && knowledge.leftMs(moment) <= 0) ||
      (claim !== undefined && knowledge.state.version > claim.state.version);
    if (claim && !isOver) {
      claim.calls++;
      if (claim.calls > 1) this.#history.say('one probe under a claim', `${claim.state.version}`);
      if (knowledge.isSure && knowledge.leftMs(moment) <= 0)
        this.#history.say('late probers do not call', `${-knowledge.leftMs(moment)} ms late`);
      return;
    }
    const { state, until } = knowledge.state;
    const isOpen = state === 'open' || state === 'forced-open';
    if (isOpen && knowledge.isSure && knowledge.isLocal) this.#history.count('local calls');
    if (!knowledge.mayCall(moment))
      this.#history.say(
        knowledge.isForced(moment) ? 'overrides win while they last' : 'no call is made while it is open',
        `${state} for ${knowledge.leftMs(moment)} ms, until ${until}`,
      );
  }

  #judge(call: Call, error: unknown): void {
    if (error instanceof BreakerOpenError) this.#judgeRejection(call);
    else if (
      !call.isMade ||
      !(error instanceof Bug || (error instanceof Error && error.message === 'outage'))
    )
      this.#history.say('callers see no error of the store', String(error));
  }

  #judgeRejection(call: Call): void {
    this.#history.count('rejections');
    this.#environment.noteWhatCallsMay();
    if (call.mayBeRejected) return;
    const { knowledge, moment } = this.#environment;
    this.#history.say(
      knowledge.isForced(moment)
        ? 'overrides win while they last'
        : 'calls are rejected only while the known state allows it',
      `${JSON.stringify(knowledge.state)} for ${knowledge.leftMs(moment)} ms`,
    );
  }
}

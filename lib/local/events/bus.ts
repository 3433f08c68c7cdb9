import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { commonDeadLetterAttributes, type Delivery, type DeliveryFailure, deliver } from '../delivery.ts';
import type { Dispatch, Handover, Message } from '../handover.ts';
import { LocalRunError } from '../problem.ts';
import {
  busNameOf,
  type EntryError,
  type EventEnvelope,
  isoSeconds,
  parseEvent,
  readEntries,
  scheduledEvent,
  toEvent,
} from './entries.ts';
import type { BusModel, BusState, RuleModel, RuleState, TargetState } from './model.ts';
import { type Arrival, type CompiledRule, type CompiledTarget, compileRule } from './rules.ts';

export interface BusesOptions {
  /** The bus `default` is there without being named. */
  readonly buses: readonly BusModel[];
  readonly rules: readonly RuleModel[];
  readonly dispatch: Dispatch;
  /** The platform's time: of the back-off and of the events' age. */
  readonly platform: Clock;
  /** The functions' own time: of the events. */
  readonly clock: Clock;
  readonly random: Random;
  readonly region: string;
  readonly account: string;
}

export interface PutResult {
  readonly FailedEntryCount: number;
  /** One for each entry, in their order. */
  readonly Entries: readonly ({ readonly EventId: string } | EntryError)[];
}

export interface Buses {
  /**
   * PutEvents. An entry for which `isLost` says so fails with `InternalFailure`, as some do when EventBridge is unwell.
   * @throws {FibrinError} `ValidationException` or `SerializationException`, status 400: nothing was published.
   */
  put(entries: unknown, isLost?: (index: number) => boolean): PutResult;
  /**
   * Takes an event from a rule of another bus, as it is, which goes to no further bus; or what another service puts on the bus
   * as an event of its own.
   */
  publish(busArn: string, message: Message): Handover;
  /** Takes an event of a service of AWS on the default bus. */
  emit(event: EventEnvelope): void;
  /** Sends the targets of a rule what they get when its schedule is due, whatever its pattern. */
  fire(ruleArn: string, dueAt: number): void;
  state(): { readonly buses: readonly BusState[]; readonly rules: readonly RuleState[] };
  /** Ends what waits for a further attempt, and takes no more events to targets. */
  stop(): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface LiveTarget extends CompiledTarget {
  readonly state: Mutable<TargetState>;
}

interface LiveRule extends CompiledRule {
  readonly targets: readonly LiveTarget[];
  matched: number;
}

const refused = (code: string, message: string): Handover => {
  return { kind: 'refused', code, message, retryable: false };
};

const activate = (rule: CompiledRule): LiveRule => ({
  ...rule,
  matched: 0,
  targets: rule.targets.map((target) => {
    const { id, arn } = target.model;
    const counts = { delivered: 0, pending: 0, retries: 0, deadLettered: 0, dropped: 0 };
    return { ...target, state: { id, arn, ...counts, lastError: undefined } };
  }),
});

/**
 * The event buses of the template with their rules. Every target of every rule that matches gets an event on its own;
 * what a target refuses is tried again as its retry policy says.
 * @throws {LocalRunError} naming the rule, for one that EventBridge would refuse or whose bus is not there.
 */
export function createBuses(options: BusesOptions): Buses {
  const { dispatch, platform, clock, random, region, account } = options;
  const buses = new Map<string, Mutable<BusState>>();
  const busOf = (name: string, exists = false) => {
    const bus = buses.get(name) ?? { name, exists, received: 0, unmatched: 0 };
    buses.set(name, bus);
    return bus;
  };
  const names = new Map([[`arn:aws:events:${region}:${account}:event-bus/default`, 'default']]);
  for (const { name, arn } of options.buses) names.set(arn, name);
  for (const name of names.values()) busOf(name, true);

  const rules = options.rules.map((model) => {
    if (!buses.has(model.busName)) {
      throw new LocalRunError(`rule ${model.name}: there is no event bus ${model.busName}`);
    }
    return activate(compileRule(model));
  });
  const deliveries = new Set<Delivery>();
  let stopped = false;

  function send(ruleArn: string, target: LiveTarget, arrival: Arrival): void {
    const { model, state } = target;
    const { arn, messageGroupId } = model;
    const { body, refusal } = target.prepare(arrival);
    const note = ({ code, message }: Pick<DeliveryFailure, 'code' | 'message'>) => {
      state.lastError = `${code}: ${message}`;
    };
    const delivery = deliver({
      dispatch: async (to, message) => (refusal && to === arn ? refusal : dispatch(to, message)),
      arn,
      message: { body, ...(messageGroupId !== undefined && { messageGroupId }) },
      maximumRetryAttempts: model.maximumRetryAttempts,
      maximumEventAgeSeconds: model.maximumEventAgeSeconds,
      deadLetterQueue: model.deadLetterQueue,
      deadLetterAttributes: (failure, retryAttempts) => ({
        RULE_ARN: ruleArn,
        ...commonDeadLetterAttributes(arn, failure, retryAttempts),
      }),
      platform,
      random,
      onRetry(error) {
        state.retries++;
        note(error);
      },
      onDeadLetter(failure, _, deadLetter) {
        note(failure);
        if (deadLetter?.kind === 'refused') {
          state.lastError += `; the dead-letter queue said ${deadLetter.code}: ${deadLetter.message}`;
        }
      },
    });
    state.pending++;
    deliveries.add(delivery);
    const end = (outcome: Awaited<Delivery['done']>) => {
      deliveries.delete(delivery);
      state.pending--;
      state[outcome === 'dead-lettered' ? 'deadLettered' : outcome]++;
    };
    delivery.done.then(end, (error: unknown) => {
      note({ code: 'INTERNAL_ERROR', message: String(error) });
      end('dropped');
    });
  }

  function route(busName: string, arrival: Arrival): void {
    if (stopped) return;
    const bus = busOf(busName);
    bus.received++;
    const matching = rules.filter(
      ({ model, matches }) => model.busName === busName && matches(arrival.event),
    );
    if (matching.length === 0) bus.unmatched++;
    for (const rule of matching) sendAll(rule, arrival);
  }

  function sendAll(rule: LiveRule, arrival: Arrival): void {
    rule.matched++;
    for (const target of rule.targets) send(rule.model.arn, target, arrival);
  }

  return {
    put(entries, isLost) {
      const now = clock.now();
      const results = readEntries(entries).map((entry, index): PutResult['Entries'][number] => {
        if (isLost?.(index)) {
          return { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure' };
        }
        const event = toEvent(entry, { id: random.token(), account, region, now });
        if ('ErrorCode' in event) return event;
        route(busNameOf(entry), { event, ingestionTime: isoSeconds(now), forwarded: false });
        return { EventId: event.id };
      });
      return { FailedEntryCount: results.filter((each) => 'ErrorCode' in each).length, Entries: results };
    },
    publish(busArn, { body, event: own }) {
      const name = names.get(busArn);
      if (name === undefined) return refused('NO_RESOURCE', `Event bus ${busArn} does not exist.`);
      const now = clock.now();
      const entry = {
        Source: own?.source,
        DetailType: own?.detailType,
        Detail: body,
        Resources: own?.resources,
      };
      const event = own ? toEvent(entry, { id: random.token(), account, region, now }) : parseEvent(body);
      if (event === undefined) return refused('INVALID_JSON', 'What came from the other bus is no event.');
      if ('ErrorCode' in event) return refused(event.ErrorCode, event.ErrorMessage);
      route(name, { event, ingestionTime: isoSeconds(now), forwarded: own === undefined });
      return { kind: 'accepted' };
    },
    emit: (event) => route('default', { event, ingestionTime: event.time, forwarded: false }),
    fire(ruleArn, dueAt) {
      const rule = rules.find(({ model }) => model.arn === ruleArn);
      if (stopped || rule === undefined) return;
      const time = isoSeconds(dueAt);
      const event = scheduledEvent(ruleArn, time, { id: random.token(), account, region });
      sendAll(rule, { event, ingestionTime: time, forwarded: false });
    },
    state: () => ({
      buses: [...buses.values()].map((bus) => ({ ...bus })),
      rules: rules.map(({ model, matched, targets }) => {
        const states = targets.map(({ state }) => ({ ...state }));
        return { name: model.name, bus: model.busName, matched, targets: states };
      }),
    }),
    stop() {
      stopped = true;
      for (const delivery of deliveries) delivery.cancel();
    },
  };
}

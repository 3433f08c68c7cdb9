import { type Clock, systemClock } from '../core/clock.ts';
import { type Random, systemRandom } from '../core/random.ts';
import { startEventBridgeApi } from './events/api.ts';
import { createBuses } from './events/bus.ts';
import type { FaultSwitches } from './faults.ts';
import type { Dispatch, Handover } from './handover.ts';
import type { Listening } from './http/server.ts';
import { type AsyncInvoker, asyncInvoker } from './lambda/async-invoker.ts';
import type { LocalFunction } from './lambda/function.ts';
import { type S3Api, startS3Api } from './s3/api.ts';
import { createBuckets } from './s3/buckets.ts';
import { type SnsApi, startSnsApi } from './sns/api.ts';
import { createTopics } from './sns/topics.ts';
import { type Sqs, startSqs } from './sqs/server.ts';
import type { AppModel } from './template/model.ts';
import { targetOfArn } from './template/names.ts';

export interface EventServicesOptions {
  readonly model: AppModel;
  /** By name. Filled by the time that something is sent to one. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly faults: FaultSwitches;
  /** The platform's time, and how many times faster than the functions' it passes. */
  readonly platform: Clock;
  readonly timeScale: number;
  readonly region: string;
  readonly random?: Random;
}

/** What messages pass through: the event buses, the queues and the asynchronous invocation of functions. */
export interface EventServices {
  readonly buses: Listening;
  /** Undefined where the template has no queue. */
  readonly sqs: Sqs | undefined;
  /** Undefined where the template has no topic. */
  readonly sns: SnsApi | undefined;
  /** Undefined where the template has no bucket. */
  readonly s3: S3Api | undefined;
  readonly dispatch: Dispatch;
  /** Sends the targets of a rule what they get when its schedule is due. */
  fire(ruleArn: string, dueAt: number): void;
  /** Invokes a function of the template asynchronously. */
  accept(functionName: string, payload: string, qualifier?: string): void;
  state(): object;
  stop(): Promise<void>;
}

const refused = (code: string, message: string): Handover => {
  return { kind: 'refused', code, message, retryable: false };
};

/**
 * Starts them on loopback ports of their own.
 * @throws {LocalRunError} for a rule or a queue that AWS would refuse.
 */
export async function startEventServices(options: EventServicesOptions): Promise<EventServices> {
  const { model, functions, faults, platform, timeScale, region, random = systemRandom } = options;
  const invokers = new Map<string, AsyncInvoker>();

  const dispatch: Dispatch = async (arn, message) => {
    switch (arn.split(':')[2]) {
      case 'lambda': {
        const { functionName, qualifier } = targetOfArn(arn);
        const invoker = invokers.get(functionName);
        if (invoker === undefined) return refused('NO_RESOURCE', `There is no function ${arn}.`);
        invoker.accept(message.body, qualifier);
        return { kind: 'accepted' };
      }
      case 'sqs':
        return sqs?.send(arn, message) ?? refused('NO_RESOURCE', `There is no queue ${arn}.`);
      case 'sns':
        return topics.send(arn, message);
      case 'events':
        return buses.publish(arn, message);
      default:
        return refused('NO_RESOURCE', `${arn} is not run on this machine.`);
    }
  };

  const buses = createBuses({
    ...{ buses: model.buses, rules: model.rules, dispatch, platform, clock: systemClock, random, region },
    account: model.account,
  });
  const topics = createTopics({
    ...{ topics: model.topics, dispatch, platform, clock: systemClock, random },
  });
  for (const { functionName, reservedConcurrency } of model.functions) {
    const functionArn = `arn:aws:lambda:${region}:${model.account}:function:${functionName}:$LATEST`;
    const invoke = async (payload: string, requestId: string, qualifier: string | undefined) =>
      functions.get(functionName)?.invoke(payload, { requestId, qualifier }) ?? {
        kind: 'throttled' as const,
      };
    const policy = model.asyncInvokeOf(functionName);
    invokers.set(
      functionName,
      asyncInvoker({
        ...{ ...policy, functionArn, invoke, dispatch, platform, random },
        closed: reservedConcurrency === 0,
      }),
    );
  }
  const sqs =
    model.queues.length === 0
      ? undefined
      : await startSqs(model.queues, { scale: timeScale, region, account: model.account });
  const buckets = createBuckets({
    ...{ buckets: model.buckets, dispatch, emit: buses.emit, clock: systemClock, random, region },
    account: model.account,
  });
  // What has started ends, when the next one does not start.
  const ends: (() => Promise<void>)[] = sqs ? [sqs.stop] : [];
  const orEnd = async (error: unknown): Promise<never> => {
    for (const end of ends.reverse()) await end();
    throw error;
  };
  const sns =
    model.topics.length === 0
      ? undefined
      : await startSnsApi({
          ...{ topics: model.topics, publish: topics.publish, region, account: model.account },
        }).catch(orEnd);
  if (sns) ends.push(sns.stop);
  const s3 =
    model.buckets.length === 0
      ? undefined
      : await startS3Api({ buckets: model.buckets, changed: buckets.changed, region }).catch(orEnd);
  if (s3) ends.push(s3.stop);
  const api = await startEventBridgeApi({ buses, faults }).catch(orEnd);

  return {
    buses: api,
    sqs,
    sns,
    s3,
    dispatch,
    fire: buses.fire,
    accept: (functionName, payload, qualifier) => void invokers.get(functionName)?.accept(payload, qualifier),
    state: () => ({
      ...buses.state(),
      ...topics.state(),
      ...buckets.state(),
      asyncInvocations: model.functions.map(({ displayName, functionName }) => ({
        function: displayName,
        ...invokers.get(functionName)?.state(),
      })),
    }),
    async stop() {
      buses.stop();
      topics.stop();
      for (const invoker of invokers.values()) invoker.stop();
      await api.close();
      for (const end of ends.reverse()) await end();
    },
  };
}

import { type Clock, systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import type { Engine } from './dynamodb/engine.ts';
import type { EventServices } from './event-services.ts';
import { functionFor, type LocalFunction } from './lambda/function.ts';
import { LocalRunError } from './problem.ts';
import { startRuleSchedule } from './scheduler/rule-schedule.ts';
import { type RunningSchedule, startSchedule } from './scheduler/schedule.ts';
import { startSqsMapping } from './sqs/poller.ts';
import { startStreamMapping } from './streams/mapping.ts';
import type { StreamSource } from './streams/source.ts';
import { dynamoDbLocalSource } from './streams/source-dynamodb-local.ts';
import { sweepSource } from './streams/source-sweep.ts';
import type { AppModel } from './template/model.ts';
import { targetOfArn } from './template/names.ts';

export interface EventSourcesOptions {
  readonly model: AppModel;
  readonly functions: ReadonlyMap<string, LocalFunction>;
  readonly services: EventServices;
  readonly engine: Engine;
  readonly platform: Clock;
  readonly region: string;
}

/** What sets functions going by itself: queues, streams and schedules. */
export interface EventSources {
  state(): object;
  stop(): Promise<void>;
}

interface Running {
  readonly kind: 'queue' | 'stream';
  readonly source: string;
  readonly function: string;
  readonly mapping: { state(): object; stop(): Promise<void> };
}

/** A stream of the table: the engine's own, or one that is made of looking at the table again and again. */
function streamOf(tableName: string, model: AppModel, engine: Engine): StreamSource {
  const { endpoint } = engine;
  const streamViewType = model.tables.find((table) => table.tableName === tableName)?.streamViewType;
  if (streamViewType === undefined) {
    throw new LocalRunError(`the table ${tableName} has no stream; give it one, or leave its mapping out`);
  }
  return engine.streams
    ? dynamoDbLocalSource({ endpoint, tableName, clock: systemClock })
    : sweepSource({ endpoint, tableName, streamViewType, clock: systemClock, random: systemRandom });
}

/**
 * Starts the event source mappings and the schedules. Functions, queues and tables have to be there.
 * @throws {LocalRunError} for a mapping or a schedule that cannot be served; nothing runs then.
 */
export async function startEventSources(options: EventSourcesOptions): Promise<EventSources> {
  const { model, functions, services, engine, platform, region } = options;
  const shared = { platform, region, random: systemRandom, dispatch: services.dispatch };
  const running: Running[] = [];
  const schedules: RunningSchedule[] = [];
  const stop = async () => {
    for (const schedule of schedules) schedule.stop();
    await Promise.all(running.map(({ mapping }) => mapping.stop()));
  };

  const functionOf = (arn: string, source: string): LocalFunction => {
    const fn = functionFor(functions, targetOfArn(arn));
    if (fn === undefined)
      throw new LocalRunError(`the event source ${source} feeds ${arn}, which is not there`);
    return fn;
  };

  try {
    for (const mapping of model.queueMappings) {
      const { functionArn, queueArn } = mapping;
      const fn = functionOf(functionArn, queueArn);
      if (services.sqs === undefined)
        throw new LocalRunError(`there is no queue ${queueArn} in the template`);
      const invoke = (payload: string) => fn.invoke(payload);
      running.push({
        kind: 'queue',
        source: queueArn.split(':').at(-1) ?? queueArn,
        function: fn.model.displayName,
        mapping: startSqsMapping(mapping, { ...shared, sqs: services.sqs, invoke }),
      });
    }
    for (const mapping of model.streamMappings) {
      const { functionArn, tableName } = mapping;
      const fn = functionOf(functionArn, mapping.streamArn);
      const invoke = (payload: string) => fn.invoke(payload);
      const source = streamOf(tableName, model, engine);
      running.push({
        kind: 'stream',
        source: tableName,
        function: fn.model.displayName,
        // What a table is seeded with is no change, and there was none before this run: the oldest is the newest.
        mapping: await startStreamMapping(
          { ...mapping, startingPosition: 'LATEST' },
          { ...shared, source, invoke, clock: systemClock },
        ),
      });
    }
    for (const schedule of model.schedules) schedules.push(startSchedule(schedule, shared));
    for (const rule of model.rules)
      if (rule.schedule !== undefined)
        schedules.push(startRuleSchedule(rule, rule.schedule, { platform, fire: services.fire }));
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    state: () => ({
      mappings: running.map(({ mapping, ...what }) => ({ ...what, ...mapping.state() })),
      schedules: schedules.map((schedule) => schedule.state()),
    }),
    stop,
  };
}

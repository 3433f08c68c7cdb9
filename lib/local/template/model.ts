import type { BusModel, RuleModel } from '../events/model.ts';
import type { BucketModel } from '../s3/model.ts';
import type { ScheduleModel } from '../scheduler/schedule.ts';
import type { TopicModel } from '../sns/model.ts';
import type { QueueModel } from '../sqs/model.ts';
import { type AliasOf, readAliases } from './aliases.ts';
import type { Assembly } from './assembly.ts';
import { readBuckets } from './buckets.ts';
import { readBuses, readRules } from './buses.ts';
import { classOf, type ResourceClass } from './classes.ts';
import {
  ASYNC_DEFAULTS,
  type AsyncInvokeModel,
  type FunctionModel,
  readAsyncInvokes,
  readEnvironment,
  readFunctions,
  readProviders,
} from './functions.ts';
import { type RouteModel, readRoutes, readUrls, type UrlModel } from './http.ts';
import { type Mappings, readMappings } from './mappings.ts';
import { readQueues } from './queues.ts';
import { createReader } from './reader.ts';
import { readSchedules } from './schedules.ts';
import { readTables, type TableModel } from './tables.ts';
import { readTopics } from './topics.ts';

export interface ClassCount {
  readonly type: string;
  readonly count: number;
  readonly class: ResourceClass;
}

/** What of the template runs here, as far as it is known before anything listens. */
export interface AppModel extends Mappings {
  readonly stackName: string;
  readonly functions: readonly FunctionModel[];
  /** Functions that only CloudFormation would call, by logical id: they are not among `functions`. */
  readonly providers: readonly string[];
  readonly aliasOf: AliasOf;
  asyncInvokeOf(functionName: string): AsyncInvokeModel;
  readonly tables: readonly TableModel[];
  readonly routes: readonly RouteModel[];
  readonly urls: readonly UrlModel[];
  readonly queues: readonly QueueModel[];
  readonly buckets: readonly BucketModel[];
  readonly topics: readonly TopicModel[];
  readonly buses: readonly BusModel[];
  readonly rules: readonly RuleModel[];
  readonly schedules: readonly ScheduleModel[];
  /** A function's environment, with the addresses (by logical id) that are known once function URLs and queues listen. */
  environmentOf(fn: FunctionModel, urls: ReadonlyMap<string, string>): Record<string, string>;
}

/** Every resource type of the template with its class and how many there are. */
export function readClasses(assembly: Assembly, region: string): readonly ClassCount[] {
  const counts = new Map<string, number>();
  for (const type of createReader(assembly, region).types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort().map(([type, count]) => ({ type, count, class: classOf(type) }));
}

/**
 * Reads the app that the local run serves out of a synthesized template.
 * @throws {LocalRunError} for a resource that cannot be served as it would be on AWS.
 */
export function readModel(assembly: Assembly, region: string): AppModel {
  const reader = createReader(assembly, region);
  const asyncInvokes = readAsyncInvokes(reader);
  return {
    stackName: assembly.stackName,
    functions: readFunctions(assembly, reader),
    providers: readProviders(reader),
    aliasOf: readAliases(reader),
    asyncInvokeOf: (functionName) => asyncInvokes.get(functionName) ?? ASYNC_DEFAULTS,
    tables: readTables(reader),
    routes: readRoutes(reader),
    urls: readUrls(reader),
    queues: readQueues(reader),
    buckets: readBuckets(reader),
    topics: readTopics(reader),
    buses: readBuses(reader),
    rules: readRules(reader),
    ...readMappings(reader),
    schedules: readSchedules(reader),
    environmentOf(fn, urls) {
      reader.setUrls(urls);
      return readEnvironment(reader, fn.logicalId);
    },
  };
}

import type { BusModel, RuleModel } from '../events/model.ts';
import type { BucketModel } from '../s3/model.ts';
import type { ScheduleModel } from '../scheduler/schedule.ts';
import type { TopicModel } from '../sns/model.ts';
import type { QueueModel } from '../sqs/model.ts';
import { type AliasOf, readAliases } from './aliases.ts';
import type { ApiModel } from './apis.ts';
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
import { readUrls, type UrlModel } from './http.ts';
import { readHttpApis } from './http-apis.ts';
import { type Mappings, readMappings } from './mappings.ts';
import { readQueues } from './queues.ts';
import type { TemplateReader } from './reader.ts';
import { readRestApis } from './rest-apis.ts';
import { readSchedules } from './schedules.ts';
import { readStoredValues, type StoredValues } from './stored-values.ts';
import { readTables, type TableModel } from './tables.ts';
import { readTopics } from './topics.ts';

export interface ClassCount {
  readonly type: string;
  readonly count: number;
  readonly class: ResourceClass;
  readonly logicalIds: readonly string[];
}

/** What of the template runs here, as far as it is known before anything listens. */
export interface AppModel extends Mappings {
  readonly stackName: string;
  readonly account: string;
  readonly functions: readonly FunctionModel[];
  /** Functions that only CloudFormation would call, by logical id: they are not among `functions`. */
  readonly providers: readonly string[];
  readonly aliasOf: AliasOf;
  asyncInvokeOf(functionName: string): AsyncInvokeModel;
  readonly tables: readonly TableModel[];
  readonly apis: readonly ApiModel[];
  readonly urls: readonly UrlModel[];
  readonly queues: readonly QueueModel[];
  readonly buckets: readonly BucketModel[];
  readonly topics: readonly TopicModel[];
  readonly buses: readonly BusModel[];
  readonly rules: readonly RuleModel[];
  readonly schedules: readonly ScheduleModel[];
  /** What functions read from SSM and Secrets Manager, with the addresses that are known once queues and APIs listen. */
  storedValues(urls: ReadonlyMap<string, string>): StoredValues;
  /** A function's environment, with the addresses (by logical id) that are known once function URLs and queues listen. */
  environmentOf(fn: FunctionModel, urls: ReadonlyMap<string, string>): Record<string, string>;
}

/** Every resource type of the templates with its class and how many there are. */
export function readClasses(reader: TemplateReader): readonly ClassCount[] {
  const ids = Map.groupBy(reader.resources, ({ type }) => type);
  return [...ids].sort().map(([type, resources]) => ({
    ...{ type, count: resources.length, class: classOf(type) },
    logicalIds: resources.map(({ logicalId }) => logicalId),
  }));
}

/**
 * Reads the app that the local run serves out of synthesized templates.
 * @throws {LocalRunError} for a resource that cannot be served as it would be on AWS.
 */
export function readModel(stacks: readonly Assembly[], reader: TemplateReader): AppModel {
  const assetFolder = (key: string) =>
    stacks.map((stack) => stack.assetFolder(key)).find((found) => found !== undefined);
  return reader.guarded(() => {
    const asyncInvokes = readAsyncInvokes(reader);
    return {
      ...{ stackName: reader.stackName, account: reader.account },
      functions: readFunctions({ assetFolder }, reader),
      providers: readProviders(reader),
      aliasOf: readAliases(reader),
      asyncInvokeOf: (functionName) => asyncInvokes.get(functionName) ?? ASYNC_DEFAULTS,
      tables: readTables(reader),
      apis: [...readHttpApis(reader), ...readRestApis(reader)],
      urls: readUrls(reader),
      queues: readQueues(reader),
      buckets: readBuckets(reader),
      topics: readTopics(reader),
      buses: readBuses(reader),
      rules: readRules(reader),
      ...readMappings(reader),
      schedules: readSchedules(reader),
      storedValues(urls) {
        reader.setUrls(urls);
        return reader.guarded(() => readStoredValues(reader, reader.values));
      },
      environmentOf(fn, urls) {
        reader.setUrls(urls);
        return reader.guarded(() => readEnvironment(reader, fn.logicalId));
      },
    };
  });
}

import type { Assembly } from './assembly.ts';
import { classOf, type ResourceClass } from './classes.ts';
import { type FunctionModel, readEnvironment, readFunctions } from './functions.ts';
import { type RouteModel, readRoutes, readUrls, type UrlModel } from './http.ts';
import { createReader } from './reader.ts';
import { readTables, type TableModel } from './tables.ts';

export interface ClassCount {
  readonly type: string;
  readonly count: number;
  readonly class: ResourceClass;
}

/** What of the template runs here, as far as it is known before anything listens. */
export interface AppModel {
  readonly stackName: string;
  readonly functions: readonly FunctionModel[];
  readonly tables: readonly TableModel[];
  readonly routes: readonly RouteModel[];
  readonly urls: readonly UrlModel[];
  /** A function's environment, with the addresses (by logical id) that are known once function URLs listen. */
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
  return {
    stackName: assembly.stackName,
    functions: readFunctions(assembly, reader),
    tables: readTables(reader),
    routes: readRoutes(reader),
    urls: readUrls(reader),
    environmentOf(fn, urls) {
      reader.setUrls(urls);
      return readEnvironment(reader, fn.logicalId);
    },
  };
}

import type { TemplateResource } from './assembly.ts';
import { classOf } from './classes.ts';
import { NAMES } from './names.ts';
import { shapesOf } from './shapes.ts';

/** What a template says and this machine does not do. */
export interface Remarks {
  /** Properties of the types that run, and parts of them, that nothing reads, by type. */
  readonly notHonoured: ReadonlyMap<string, readonly string[]>;
  /** References to what does not run, which have a made-up value, by `Key.Arn`: the properties that have it. */
  readonly standIns: ReadonlyMap<string, readonly string[]>;
}

export interface RemarkCollector {
  /** Records that a property, or a part of one, has no effect here. */
  note(type: string, path: string): void;
  /** Records that a reference in a property has a made-up value. */
  standsIn(reference: string, property: string): void;
  /** All of them, and the properties of these resources that have no form. */
  of(resources: readonly TemplateResource[]): Remarks;
}

const addTo = (map: Map<string, Set<string>>, key: string, value: string): void => {
  map.set(key, (map.get(key) ?? new Set()).add(value));
};

const listed = (map: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> =>
  new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, values]) => [key, [...values].sort()]));

const isRead = (type: string, name: string): boolean =>
  Object.hasOwn(shapesOf(type), name) || NAMES[type]?.property === name;

export function collectRemarks(): RemarkCollector {
  const parts = new Map<string, Set<string>>();
  const standIns = new Map<string, Set<string>>();
  return {
    note: (type, path) => addTo(parts, type, path),
    standsIn: (reference, property) => addTo(standIns, reference, property),
    of(resources) {
      const notHonoured = new Map<string, Set<string>>();
      for (const { Type, Properties = {} } of resources) {
        if (classOf(Type).kind !== 'run') continue;
        for (const name of Object.keys(Properties)) if (!isRead(Type, name)) addTo(notHonoured, Type, name);
        for (const path of parts.get(Type) ?? []) addTo(notHonoured, Type, path);
      }
      return { notHonoured: listed(notHonoured), standIns: listed(standIns) };
    },
  };
}

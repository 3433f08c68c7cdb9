import { isObject } from '../core/property.ts';

/** EventBridge processes JSON of up to 1,000 levels. The envelope and the event are around the data. */
const MAX_LEVELS = 900;
/** EventBridge takes integers between -2^63 and 2^63. */
const MAX_NUMBER = 2 ** 63;

/** Whether JSON writes an object as the object it is: `Date` becomes text, `Map` an empty object. Of any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === null || Object.getPrototypeOf(prototype) === null) &&
    Object.getOwnPropertySymbols(value).length === 0
  );
}

function problemWithNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return 'is no finite number';
  return Math.abs(value) < MAX_NUMBER ? undefined : 'is beyond ±2^63';
}

function problemWithMembers(value: object, path: string, level: number): string | undefined {
  if (level > MAX_LEVELS) return `\`data\` has a cycle, or more than ${MAX_LEVELS} levels`;
  // Of a sparse array too, each place is an entry.
  const members = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [name, member] of members) {
    if (!String(name).isWellFormed())
      return `\`${path.slice(0, 100)}\` has a name that is no well-formed Unicode`;
    const problem = problemWith(member, `${path}.${name}`, level + 1);
    if (problem) return problem;
  }
  return undefined;
}

function problemWith(value: unknown, path: string, level: number): string | undefined {
  // The path itself is content of the sender's, and may be long.
  const at = (problem: string | undefined) => problem && `\`${path.slice(0, 100)}\` ${problem}`;
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'string') return value.isWellFormed() ? undefined : at('is no well-formed Unicode');
  if (typeof value === 'number') return at(problemWithNumber(value));
  if (!isObject(value)) return at(`is of type ${typeof value}`);
  if (!Array.isArray(value) && !isPlain(value)) return at('is an object of a class');
  return problemWithMembers(value, path, level);
}

/** The first thing in the data of an event that JSON changes or drops, or that EventBridge refuses. Undefined: nothing. */
export const problemInData = (data: unknown): string | undefined => problemWith(data, 'data', 1);

import { parseConditions } from './conditions.ts';
import { InvalidPatternError, invalid } from './errors.ts';
import { type Branch, isJsonObject, type JsonObject } from './model.ts';

export const OR = '$or';

/** Names that no field inside `$or` may have: they are operators, or are kept to become ones. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['exactly', 'equals-ignore-case', 'prefix', 'suffix', 'anything-but', 'exists', 'wildcard', 'numeric'],
  ...['cidr', 'html', '=', '<', '<=', '>', '>=', 'regex', 'not-wildcard', 'not-equals-ignore-case'],
  ...['date-after', 'date-on-or-after', 'date-before', 'date-on-or-before', 'in-date-range'],
  ...['ip-address-in-range', 'ip-address-not-in-range'],
]);

interface Place {
  /** The field names on the way here. */
  readonly steps: readonly string[];
  /** The same for a reader: with `$or` and the indexes in it. */
  readonly at: string;
  readonly insideOr: boolean;
  /** Whether `$or` is the operator here, or a field like any other. */
  readonly orIsOperator: boolean;
}

const below = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`);

function withAlternatives(branches: readonly Branch[], value: unknown, place: Place): readonly Branch[] {
  const at = below(place.at, OR);
  if (!Array.isArray(value)) {
    return invalid(at, 'an array of objects', value, `It must be an Array followed with ${OR}.`);
  }
  const alternatives: readonly unknown[] = value;
  const expanded = alternatives.flatMap((alternative, index) => {
    if (!isJsonObject(alternative)) {
      const reason = `Only JSON object is allowed in array of ${OR} relationship.`;
      return invalid(`${at}[${index}]`, 'an object', alternative, reason);
    }
    return withObject(branches, alternative, { ...place, at: `${at}[${index}]`, insideOr: true });
  });
  if (alternatives.length < 2) {
    const reason = `There must have at least 2 Objects in ${OR} relationship.`;
    return invalid(at, 'an array of two objects or more', alternatives, reason);
  }
  return expanded;
}

/** Each branch with what the object asks for added: more branches only where it has `$or`. */
function withObject(branches: readonly Branch[], object: JsonObject, place: Place): readonly Branch[] {
  const keys = Object.keys(object);
  if (keys.length === 0) {
    invalid(place.at, 'an object with a field in it', object, 'Empty objects are not allowed');
  }
  let current = branches;
  for (const key of keys) {
    const value = object[key];
    if (key === OR && place.orIsOperator) {
      current = withAlternatives(current, value, place);
      continue;
    }
    const here: Place = { ...place, steps: [...place.steps, key], at: below(place.at, key) };
    if (place.insideOr && RESERVED.has(key)) {
      const reason = `${key} is Ruler reserved fieldName which cannot be used inside ${OR}.`;
      invalid(here.at, 'a field with another name', value, reason);
    }
    if (isJsonObject(value)) current = withObject(current, value, here);
    else if (Array.isArray(value)) {
      const name = here.steps.join('.');
      const conditions = parseConditions(value, here.at);
      // Of two lists for one field, the later stands. It can happen across `$or`, and where names have dots.
      current = current.map((branch) => new Map(branch).set(name, conditions));
    } else invalid(here.at, 'an object or an array', value, `"${key}" must be an object or an array`);
  }
  return current;
}

/**
 * The pattern as branches without `$or`, of which one must match.
 *
 * A pattern in which `$or` cannot be the operator is read once more with `$or` as a plain field name, which is what
 * Event Ruler does for rules older than the operator. Refused both ways, it is refused for the first reason.
 * @see https://github.com/aws/event-ruler#the-or-primitive
 */
export function toBranches(pattern: JsonObject): readonly Branch[] {
  const root = { steps: [], at: '', insideOr: false };
  const read = (orIsOperator: boolean) => withObject([new Map()], pattern, { ...root, orIsOperator });
  try {
    return read(true);
  } catch (refusal) {
    try {
      return read(false);
    } catch (error) {
      throw error instanceof InvalidPatternError ? refusal : error;
    }
  }
}

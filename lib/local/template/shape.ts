import { isRecord } from '../../core/property.ts';
import { LocalRunError } from '../problem.ts';
import { brief } from './brief.ts';
import { refuse } from './refuse.ts';

/**
 * The form of a value that has been resolved. A trailing `!` says that it has to be there. An object lists the members that are
 * read, `[form]` is a list of values of one form, `map` has members of any name. `unnoticed` says why running code does not
 * notice a value, `refused` what to do instead. No other member reaches a reader.
 */
export type Shape =
  | Kind
  | `${Kind}!`
  | `unnoticed: ${string}`
  | `refused: ${string}`
  | readonly [Shape]
  | { readonly [member: string]: Shape };
type Kind = 'text' | 'number' | 'boolean' | 'map' | 'texts' | 'any';

/** The forms of the properties of a type, by their names. */
export type PropertyShapes = Readonly<Record<string, Shape>>;

/** Objects and lists that have to be there. */
const REQUIRED = new Set([
  'AWS::ApiGateway::Method.Integration',
  'AWS::DynamoDB::GlobalTable.KeySchema',
  'AWS::DynamoDB::Table.KeySchema',
  'AWS::Lambda::Function.Code',
  'AWS::Lambda::LayerVersion.Content',
  'AWS::Scheduler::Schedule.Target',
]);

const EXPECTED: Readonly<Record<Kind, string>> = {
  text: 'text',
  number: 'a number',
  boolean: 'true or false',
  map: 'an object',
  texts: 'a list of text',
  any: 'a value',
};

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** Undefined where it is none of that kind. */
function asKind(kind: Kind, value: unknown): unknown {
  const isBoolean = typeof value === 'boolean';
  const isScalar = isBoolean || typeof value === 'string' || typeof value === 'number';
  switch (kind) {
    case 'text':
      return isScalar ? String(value) : undefined;
    case 'number':
      return isScalar && !isBoolean && isNumber(String(value)) ? Number(value) : undefined;
    case 'boolean':
      return String(value) === 'true' ? true : String(value) === 'false' ? false : undefined;
    case 'map':
      return isRecord(value) ? value : undefined;
    case 'texts':
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
    case 'any':
      return value;
  }
}

/** Where a value stands. */
export interface Place {
  /** The type, then the path to the property: how it is known to every resource of that type. */
  readonly path: string;
  /** The logical id, then the path. */
  readonly name: string;
  /** Receives the path of each member that nothing reads. */
  unknown(path: string): void;
}

const wrong = (name: string, expected: string, value: unknown): never => {
  throw new LocalRunError(`${name}: expected ${expected}, got ${brief(value)}; fix it in the template`);
};

function shapedScalar(shape: string, value: unknown, { name }: Place): unknown {
  const [logicalId = '', ...path] = name.split('.');
  if (shape.startsWith('unnoticed')) return undefined;
  if (value === undefined && !shape.endsWith('!')) return undefined;
  if (shape.startsWith('refused')) return refuse(logicalId, path.join('.'), shape.slice('refused: '.length));
  const kind = shape.replace('!', '') as Kind;
  const taken = value === undefined ? undefined : asKind(kind, value);
  return taken === undefined ? wrong(name, EXPECTED[kind], value) : taken;
}

/**
 * The value in the form that its readers expect, with nothing beside it.
 * @throws {LocalRunError} where it has another one, or is refused.
 */
export function shaped(shape: Shape, value: unknown, at: Place): unknown {
  if (typeof shape === 'string') return shapedScalar(shape, value, at);
  if (value === undefined && !REQUIRED.has(at.path)) return undefined;
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return wrong(at.name, 'a list', value);
    const [member] = shape as readonly [Shape];
    return value.map((one, index) =>
      shaped(member, one, { ...at, path: `${at.path}[]`, name: `${at.name}.${index}` }),
    );
  }
  if (!isRecord(value)) return wrong(at.name, 'an object', value);
  for (const name of Object.keys(value)) if (!Object.hasOwn(shape, name)) at.unknown(`${at.path}.${name}`);
  const members = Object.entries(shape as PropertyShapes).map(([name, member]) => {
    const below = { ...at, path: `${at.path}.${name}`, name: `${at.name}.${name}` };
    return [name, shaped(member, Object.hasOwn(value, name) ? value[name] : undefined, below)] as const;
  });
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

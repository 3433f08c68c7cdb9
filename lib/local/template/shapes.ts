import { type PropertyShapes, shaped } from './shape.ts';
import { API_SHAPES } from './shapes/apis.ts';
import { EVENT_SHAPES } from './shapes/events.ts';
import { FUNCTION_SHAPES } from './shapes/functions.ts';
import { STORE_SHAPES } from './shapes/stores.ts';

const SHAPES: Readonly<Record<string, PropertyShapes>> = {
  ...API_SHAPES,
  ...EVENT_SHAPES,
  ...FUNCTION_SHAPES,
  ...STORE_SHAPES,
};

/** The properties of a type that are read, refused or not noticed; empty for a type that does not run. */
export const shapesOf = (type: string): PropertyShapes =>
  (Object.hasOwn(SHAPES, type) ? SHAPES[type] : undefined) ?? {};

/**
 * The value of a property in the form that its readers expect; undefined for one that nothing reads.
 * @throws {LocalRunError} where it has another form, or is refused.
 */
export function shapedProperty(
  resource: { readonly logicalId: string; readonly type: string },
  property: string,
  value: unknown,
  unknown: (path: string) => void,
): unknown {
  const shapes = shapesOf(resource.type);
  const shape = Object.hasOwn(shapes, property) ? shapes[property] : undefined;
  if (shape === undefined) return undefined;
  const at = { path: `${resource.type}.${property}`, name: `${resource.logicalId}.${property}`, unknown };
  return shaped(shape, value, at);
}

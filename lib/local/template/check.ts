import { isRecord } from '../../core/property.ts';
import { LocalRunError } from '../problem.ts';
import type { Template } from './assembly.ts';
import { brief } from './brief.ts';
import { checkAttributes, checkMadeByAws, checkSections } from './sections.ts';

/** Sections of objects by name. */
const NAMED = ['Parameters', 'Conditions', 'Mappings', 'Outputs'];
/** Parts of a resource beside its type, with the kind of value that each is. */
const OBJECTS = ['Properties', 'Metadata'];

/**
 * The form of a template, without which nothing of it can be read. Properties are looked at when they are.
 * @throws {LocalRunError} that names the part: `Users.Properties`.
 */
export function checkTemplate(value: unknown, file: string): Template {
  const wrong = (what: string, expected: string, got: unknown): never => {
    throw new LocalRunError(`${what}: expected ${expected}, got ${brief(got)}; fix it in ${file}`);
  };
  if (!isRecord(value)) return wrong('the template', 'an object', value);
  checkSections(value, file);
  const { Resources } = value;
  if (!isRecord(Resources)) return wrong('Resources', 'an object of resources by logical id', Resources);
  for (const section of NAMED) {
    const members = value[section];
    if (members === undefined) continue;
    if (!isRecord(members)) return wrong(section, 'an object', members);
    checkMadeByAws(members, section, file);
    for (const [name, member] of Object.entries(members))
      if (!isRecord(member)) wrong(`${section}.${name}`, 'an object', member);
  }
  checkMadeByAws(Resources, 'Resources', file);
  for (const [logicalId, resource] of Object.entries(Resources)) {
    if (!isRecord(resource)) return wrong(logicalId, 'a resource', resource);
    checkAttributes(logicalId, resource, file);
    const { Type, Condition } = resource;
    if (typeof Type !== 'string') wrong(`${logicalId}.Type`, "a resource's type", Type);
    if (Condition !== undefined && typeof Condition !== 'string')
      wrong(`${logicalId}.Condition`, 'the name of a condition', Condition);
    for (const part of OBJECTS) {
      const member = resource[part];
      if (member === undefined) continue;
      if (!isRecord(member)) return wrong(`${logicalId}.${part}`, 'an object', member);
      checkMadeByAws(member, `${logicalId}.${part}`, file);
    }
  }
  return value as unknown as Template;
}

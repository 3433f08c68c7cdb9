import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A property as CloudFormation's specification has it, read out of the code that the CDK generates from that. */
export interface SpecifiedProperty {
  readonly form: 'value' | 'list' | 'map';
  /** Those of an object, or of the objects in a list or a map. */
  readonly members: ReadonlyMap<string, SpecifiedProperty>;
}

const LIBRARY = dirname(fileURLToPath(import.meta.resolve('aws-cdk-lib')));
const CONVERTER = /function (convert\w+ToCloudFormation)\(properties\)\{/g;
const TYPE =
  /class (Cfn\w+) extends [\w().]+\{(?:static\[\w+\]=\{[^}]*\};)?static CFN_RESOURCE_TYPE_NAME="([^"]+)"/g;
const MEMBER = /(?:^|,)"?([\w.]+)"?:([^{}]*?)\(properties\.\w+\)/g;
const NESTED = /convert\w+ToCloudFormation/g;

/** The body of each function that writes an object of CloudFormation's. */
function convertersOf(code: string): ReadonlyMap<string, string> {
  return new Map(
    [...code.matchAll(CONVERTER)].map(({ 1: name = '', index }) => {
      const from = code.indexOf('assertSuccess(),{', index) + 'assertSuccess(),{'.length;
      return [name, code.slice(from, code.indexOf('}):properties}', from))];
    }),
  );
}

const TAGS = new Map<string, SpecifiedProperty>(
  ['Key', 'Value'].map((name) => [name, { form: 'value', members: new Map() }]),
);

function membersOf(
  converters: ReadonlyMap<string, string>,
  name: string,
  above: readonly string[] = [],
): ReadonlyMap<string, SpecifiedProperty> {
  const members = (converters.get(name) ?? '').matchAll(MEMBER);
  return new Map(
    [...members].map(([, member = '', conversion = '']) => {
      const form = conversion.includes('listMapper')
        ? 'list'
        : conversion.includes('hashMapper')
          ? 'map'
          : 'value';
      // A form that holds itself is followed once.
      const nested = [...conversion.matchAll(NESTED)]
        .map(([inner]) => inner)
        .filter((inner) => !above.includes(inner))
        .flatMap((inner) => [...membersOf(converters, inner, [...above, name, inner])]);
      const inside = conversion.includes('cfnTagToCloudFormation') ? TAGS : new Map(nested);
      return [member, { form, members: inside } satisfies SpecifiedProperty];
    }),
  );
}

/** Every type of which the CDK has a class, with all that it takes. Each type is read when it is asked for. */
export function specifiedTypes(): ReadonlyMap<string, () => ReadonlyMap<string, SpecifiedProperty>> {
  const types = new Map<string, () => ReadonlyMap<string, SpecifiedProperty>>();
  for (const module of readdirSync(LIBRARY)) {
    if (!/^(aws-|alexa-|core$)/.test(module)) continue;
    const folder = join(LIBRARY, module, 'lib');
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.generated.js'))) {
      const code = readFileSync(join(folder, file), 'utf8');
      let converters: ReadonlyMap<string, string> | undefined;
      for (const [, name = '', type = ''] of code.matchAll(TYPE)) {
        types.set(type, () => {
          converters ??= convertersOf(code);
          return membersOf(converters, `convert${name}PropsToCloudFormation`);
        });
      }
    }
  }
  return types;
}

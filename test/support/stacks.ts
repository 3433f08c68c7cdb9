import { type Assembly, readAssembly } from '../../lib/local/template/assembly.ts';

/** The only stack of a cloud assembly. */
export function stackOf(folder: string): Assembly {
  const stacks = readAssembly(folder).flatMap((group) => group.stacks);
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1) throw new Error(`${folder} has ${stacks.length} stacks`);
  return stack;
}

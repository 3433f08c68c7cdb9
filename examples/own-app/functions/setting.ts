/** A variable that the stack sets. */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; the stack sets it`);
  return value;
}

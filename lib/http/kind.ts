/** What an object is by its own account, whichever realm or copy of a package made it: `Blob`, `URLSearchParams`. */
export function kindOf(value: unknown): string {
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  // A class can call itself anything, and messages quote it.
  return /^\w{1,40}$/.test(kind) ? kind : 'Object';
}

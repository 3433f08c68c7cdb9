const MAX_CHARACTERS = 80;

/** A value of the template as a message quotes it. */
export function brief(value: unknown): string {
  // What has no JSON is a member that is not there.
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}

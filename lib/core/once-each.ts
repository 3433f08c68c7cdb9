/** Tells a listener each text once: what always fails would fill the log. */
export function onceEach(listener: (text: string) => unknown): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (told.has(text)) return;
    told.add(text);
    listener(text);
  };
}

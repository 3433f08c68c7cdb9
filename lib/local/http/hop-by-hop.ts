import { validateHeaderName, validateHeaderValue } from 'node:http';

/**
 * Fields that are about one connection, and the length, which is that of what is sent: a service in front of a function does
 * not pass them on.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
const OF_ONE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** The headers of a function's answer that reach the client: those about a connection are the server's own. */
export function endToEnd(headers: Headers): Record<string, string | readonly string[]> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const named = lower
    .filter(([name]) => name === 'connection')
    .flatMap(([, value]) =>
      String(value)
        .toLowerCase()
        .split(/\s*,\s*/),
    );
  return Object.fromEntries(lower.filter(([name]) => !OF_ONE_CONNECTION.has(name) && !named.includes(name)));
}

/** Whether HTTP has room for them: a name with a blank or a value with a line break would break the answer. */
export function areWritable(headers: Headers): boolean {
  try {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      for (const one of [value].flat()) validateHeaderValue(name, String(one));
    }
    return true;
  } catch {
    return false;
  }
}

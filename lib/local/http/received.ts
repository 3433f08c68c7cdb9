import type { IncomingMessage } from 'node:http';

export type Header = readonly [name: string, value: string];

/** A request as a gateway sees it, before anything is made of it. */
export interface Received {
  readonly method: string;
  /** As it was sent: encoded, with the stage in it. */
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  readonly protocol: string;
  /** In the case and the order in which they came, and as often; then those that say who asked. */
  readonly headers: readonly Header[];
}

/** Who asked, and how, as the service in front of a function adds it to the headers: its own address after those that came. */
function forwarded(
  headers: readonly Header[],
  { localPort = 80 }: IncomingMessage['socket'],
): readonly Header[] {
  const isOne = ([name]: Header) => /^x-forwarded-(for|port|proto)$/i.test(name);
  const before = headers.filter(([name]) => name.toLowerCase() === 'x-forwarded-for');
  const addresses = [...before.map(([, value]) => value), '127.0.0.1'].join(', ');
  return [
    ...headers.filter((header) => !isOne(header)),
    ['X-Forwarded-For', addresses],
    ['X-Forwarded-Port', String(localPort)],
    ['X-Forwarded-Proto', 'http'],
  ];
}

export function receivedFrom(request: IncomingMessage): Received {
  const { method = 'GET', url = '/', rawHeaders, httpVersion, socket } = request;
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  const headers: Header[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  return { method, path, query, protocol: `HTTP/${httpVersion}`, headers: forwarded(headers, socket) };
}

/** All values of a header, joined as API Gateway does: with a comma and no space. */
export function headerOf({ headers }: Received, name: string): string | undefined {
  const values = headers.filter(([candidate]) => candidate.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(',');
}

/** What came under each name, in the order in which the names came. */
export function valuesByName(pairs: Iterable<Header>): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const [name, value] of pairs) all.set(name, [...(all.get(name) ?? []), value]);
  return all;
}

/** An object that cannot be mistaken for one with members of its own: names come from outside. */
export const recordOf = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> => {
  const record: Record<string, T> = Object.create(null);
  for (const [name, value] of entries) record[name] = value;
  return record;
};

/** Decodes a part of a path; broken encoding stays as it came, it is the function's to refuse. */
export const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Bodies of these types reach a function as text, all others as base64. */
const TEXT_TYPES = /^(text\/|application\/(json|javascript|xml|.*\+json|.*\+xml)\b)/i;
export const isText = (received: Received): boolean =>
  TEXT_TYPES.test(headerOf(received, 'content-type') ?? 'text/plain');

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** API Gateway's own time format: `12/Mar/2026:19:03:58 +0000`. */
export function commonLogTime(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

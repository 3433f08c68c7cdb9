/** What happens to a request and its answer on their way. */
export type Fault =
  | { readonly way: 'pass' | 'refuse' | 'answer twice' }
  | { readonly way: 'status'; readonly status: number; readonly isDone: boolean }
  | { readonly way: 'lose'; readonly what: 'request' | 'answer'; readonly by: 'reset' | 'close' }
  | { readonly way: 'cut'; readonly within: 'head' | 'body' | 'body without a length' }
  | { readonly way: 'delay'; readonly arrives: 'at once' | 'when it is given up' | 'at the end' }
  | { readonly way: 'replace'; readonly body: string }
  /** Sends the client on with 303 to where nothing listens. */
  | { readonly way: 'redirect' }
  /** Of use only where the server knows a request that it has seen. */
  | { readonly way: 'send twice'; readonly again: 'at once' | 'at the end' };

/** Longer than any client here takes. */
const TOO_LARGE = JSON.stringify({ id: 'x'.repeat(100_000) });

/** What can happen on the way to a server that charges whenever it is asked to. */
export const FAULTS = {
  none: { way: 'pass' },
  'connection refused': { way: 'refuse' },
  '400, not charged': { way: 'status', status: 400, isDone: false },
  '402, not charged': { way: 'status', status: 402, isDone: false },
  '404, not charged': { way: 'status', status: 404, isDone: false },
  '422, not charged': { way: 'status', status: 422, isDone: false },
  '429, not charged': { way: 'status', status: 429, isDone: false },
  'request lost, reset': { way: 'lose', what: 'request', by: 'reset' },
  'request lost, closed': { way: 'lose', what: 'request', by: 'close' },
  'answer lost, reset': { way: 'lose', what: 'answer', by: 'reset' },
  'answer lost, closed': { way: 'lose', what: 'answer', by: 'close' },
  'answer cut in its head': { way: 'cut', within: 'head' },
  'answer cut in its body': { way: 'cut', within: 'body' },
  'answer cut, length unknown': { way: 'cut', within: 'body without a length' },
  'answer late': { way: 'delay', arrives: 'at once' },
  'request late': { way: 'delay', arrives: 'when it is given up' },
  'request very late': { way: 'delay', arrives: 'at the end' },
  'answer twice': { way: 'answer twice' },
  '303, charged': { way: 'redirect' },
  '409, charged': { way: 'status', status: 409, isDone: true },
  '502, charged': { way: 'status', status: 502, isDone: true },
  '502, not charged': { way: 'status', status: 502, isDone: false },
  '503, not charged': { way: 'status', status: 503, isDone: false },
  '504, charged': { way: 'status', status: 504, isDone: true },
  '504, not charged': { way: 'status', status: 504, isDone: false },
  '200, no JSON': { way: 'replace', body: '<html>' },
  '200, of another key': { way: 'replace', body: JSON.stringify({ id: '0', key: 'another', amount: 1 }) },
  '200, too large': { way: 'replace', body: TOO_LARGE },
} as const satisfies Readonly<Record<string, Fault>>;
export type Kind = keyof typeof FAULTS;

/** What can happen on the way to DynamoDB. */
export const STORE_FAULTS = {
  none: { way: 'pass' },
  'connection refused': { way: 'refuse' },
  'request lost': { way: 'lose', what: 'request', by: 'reset' },
  'answer lost': { way: 'lose', what: 'answer', by: 'reset' },
  'answer cut in its head': { way: 'cut', within: 'head' },
  'answer cut in its body': { way: 'cut', within: 'body' },
  'answer late': { way: 'delay', arrives: 'at once' },
  'request late': { way: 'delay', arrives: 'when it is given up' },
  'request very late': { way: 'delay', arrives: 'at the end' },
  'answer twice': { way: 'answer twice' },
  'request twice': { way: 'send twice', again: 'at once' },
  'request twice, once very late': { way: 'send twice', again: 'at the end' },
  '500, done': { way: 'status', status: 500, isDone: true },
  '500, not done': { way: 'status', status: 500, isDone: false },
} as const satisfies Readonly<Record<string, Fault>>;
export type StoreKind = keyof typeof STORE_FAULTS;

const keysOf = <T extends object>(of: T) => Object.keys(of) as (keyof T & string)[];
export const KINDS: readonly Kind[] = keysOf(FAULTS).filter((kind) => kind !== 'none');
export const STORE_KINDS: readonly StoreKind[] = keysOf(STORE_FAULTS).filter((kind) => kind !== 'none');

/**
 * What a client can know after a fault: that it was charged, that it was not, or neither. An answer that comes twice is an
 * answer.
 */
export type Knowledge = 'charged' | 'not charged' | 'unknown';

export function knowledgeOf(kind: Kind): Knowledge {
  const fault: Fault = FAULTS[kind];
  if (fault.way === 'pass' || fault.way === 'answer twice') return 'charged';
  const isRefusal = fault.way === 'status' && fault.status < 500 && !fault.isDone;
  return fault.way === 'refuse' || isRefusal ? 'not charged' : 'unknown';
}

/** Whether a client waits until it gives up. */
export const isDelay = (fault: Fault): boolean => fault.way === 'delay';

import type { Context } from 'aws-lambda';
import type { WireFault } from './wire.ts';

export type Event = Record<string, unknown>;

/** A handler, or one step in it. The context is a Lambda context, or a durable one that holds it. */
export type Run = (event: Event, context: Context) => Promise<unknown>;

/** A Middy middleware, as far as all versions of Middy agree. */
export interface Hooks {
  // biome-ignore lint/suspicious/noExplicitAny: each library types Middy's request in its own way.
  readonly before?: (request: any) => unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly after?: (request: any) => unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly onError?: (request: any) => unknown;
}

/** What must happen once, in words that both libraries can be told. */
export interface Guard {
  /** Left out only to see what a library makes of that. */
  readonly operation?: string;
  /** Paths into the event. One: its value is the key. Several: a key of so many parts. None: the event is the key. */
  readonly key: readonly string[];
  /** Refuse a request without a key, where a library leaves that open. Default false. */
  readonly requireKey?: boolean;
  /** Default: a day, so that it is never what ends a record here unless a scenario is about it. */
  readonly retentionSeconds?: number;
  /** What is added to the remaining time for clocks that differ, where a library does. Default: the library's own. */
  readonly skewMarginMs?: number;
  /** Keep results in the sandbox too, where a library can. Default false. */
  readonly cache?: boolean;
  /** Do not run again after a run of which nobody knows how it ended, where a library can. Default: the library's own. */
  readonly holdUnknown?: boolean;
  /** What Middy is told too, where a library's middleware asks for it. Default: Middy's own. */
  readonly timeoutEarlyInMillis?: number;
}

/** An HTTP operation: its key is the header `Idempotency-Key`, a field of the JSON body, or both where the field is there. */
export interface HttpGuard {
  readonly operation: string;
  /** Default: the header. */
  readonly bodyField?: string;
  /** A part of the key beside the header, in the requests that have it. */
  readonly optionalBodyField?: string;
  /** A parser has made an object of the body before. Default false. */
  readonly isParsed?: boolean;
  /** Headers of the first caller only, where a library has to be told. In lower case. */
  readonly ownHeaders?: readonly string[];
}

/** What a table is like that a library was not made for. */
export type OddTable = 'a sort key' | 'a key attribute that the record has too';

export interface SandboxOptions {
  /** What happens to its requests to DynamoDB. */
  readonly fault?: WireFault;
  /** Its wall clock. Default: the machine's. */
  readonly now?: () => number;
}

/** One execution environment: a client, a store and whatever else a library keeps in memory. */
export interface Sandbox {
  wrap(guard: Guard, run: Run): Run;
  /** @param onWarning Told of what the middleware says of its surroundings, where it says anything. */
  middleware(guard: Guard, onWarning?: (warning: string) => void): Hooks;
  /** A handler of HTTP requests, any format, that answers what the library refuses. */
  http(guard: HttpGuard, run: Run): Run;
  /** The same as a middleware. What it refuses is thrown. */
  httpMiddleware(guard: HttpGuard): Hooks;
  /** A handler that writes items to its table, all of them or none, together with the record where a library can. */
  writing(guard: Guard, keysOf: (event: Event) => readonly string[]): Run;
}

/** One record, in words that both libraries' records can be put in. */
export interface Row {
  readonly key: string;
  readonly state: 'in-progress' | 'completed';
  /** The recorded result, decoded as a replay would hand it out. Undefined while in progress. */
  readonly result: unknown;
}

/** What an error says to a program: 'other' where it says none of what is asked for here. */
export type ErrorKind = 'in-flight' | 'lost' | 'no-key' | 'other';

/** A library, on a table of its own. */
export interface Subject {
  sandbox(options?: SandboxOptions): Sandbox;
  /** The same on another table, set up for it where a library can be. What constructing it throws is what comes of it. */
  odd(table: OddTable): Promise<Sandbox>;
  rows(): Promise<readonly Row[]>;
  remove(row: Row): Promise<void>;
  errorKind(error: unknown): ErrorKind;
  readonly typed: Library['typed'];
  close(): void;
}

/** A kind of handler that TypeScript is asked about: one of any event, or one of HTTP requests. */
export type TypedForm = 'wrap' | 'http';

export interface Library {
  readonly name: string;
  readonly version: string;
  /** The text of a module of this folder that exports a handler, which is given as text, as `wrapped`. */
  typed(form: TypedForm, handler: string): string;
  /** Puts it on a new table of the DynamoDB at this endpoint. */
  open(endpoint: string): Promise<Subject>;
}

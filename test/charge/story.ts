import { errorChain } from '../../lib/core/error-chain.ts';
import { propertyOf, textOf } from '../../lib/core/property.ts';
import { statusOf } from '../../lib/core/status.ts';

/** A request, and what was to happen to it. */
export interface Sent<K> {
  readonly kind: K;
  /** Of which run of the key it was, from 1. */
  readonly run: number;
  /** Whether that has happened. A client may have given up before it sent anything. */
  isMet: boolean;
}

/** What happens to one key, in order: it is judged by its requests, and its lines explain them. */
export class Story<K extends string> {
  readonly lines: string[] = [];
  readonly sent: Sent<K>[] = [];
  runs = 0;
  readonly #faults: readonly K[];
  readonly #none: K;

  constructor(faults: readonly K[], none: K) {
    this.#faults = faults;
    this.#none = none;
  }

  note(line: string): void {
    this.lines.push(line);
  }

  /** What is to happen to the next request. */
  get next(): K {
    return this.#faults[this.sent.length] ?? this.#none;
  }

  /** What is to happen to some of the next. */
  upcoming(count: number): readonly K[] {
    return Array.from({ length: count }, (_, n) => this.#faults[this.sent.length + n] ?? this.#none);
  }

  /** Takes that for a request which begins now. */
  send(by: string, isMet: boolean): Sent<K> {
    const sent = { kind: this.next, run: this.runs, isMet };
    this.sent.push(sent);
    this.note(`request ${this.sent.length}, ${by}: ${sent.kind}`);
    return sent;
  }

  /** A request, from 1, has come to where that happens. When it comes again, its client has tried again by itself. */
  meet(request: number, by: string): K {
    const first = this.sent[request - 1];
    if (!first) throw new Error(`request ${request} was never sent`);
    const sent = first.isMet ? this.send(`${by}, by itself`, true) : first;
    sent.isMet = true;
    return sent.kind;
  }
}

/** An error and what led to it, by names and codes. */
export function describeError(error: unknown): string {
  return errorChain(error)
    .map((link) => {
      const { called } = (link ?? {}) as { readonly called?: unknown };
      const status = link === error || !statusOf(error) ? statusOf(link) : undefined;
      const parts = [textOf(link, 'name') || typeof link, textOf(link, 'code'), status ?? ''];
      const isCalled = propertyOf(link, 'called') === undefined ? '' : `called: ${called}`;
      return [...parts, isCalled].filter((part) => part !== '').join(' ');
    })
    .join(' < ');
}

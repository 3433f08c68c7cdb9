import { isFibrinError, StoreError } from '../core/errors.ts';
import { decodeResult, encodeResult, loadResult, notStored, storeResult } from './codec.ts';
import { ResultNotStoredError } from './errors.ts';
import type { Execution } from './execution.ts';
import type { Identity } from './identity.ts';
import type { IdempotencySettings } from './options.ts';
import type { IdempotencyRecord, StoredResult } from './protocol.ts';
import { type ReplayCache, replayCache } from './replay-cache.ts';
import { accessWithin } from './store-access.ts';
import { isStreamed } from './streams.ts';

/** A result that is recorded. */
export interface RecordedResult {
  /** As every replay will give it. */
  readonly result: unknown;
  /** What the record has of it. Undefined where that is not the result. */
  readonly text: string | undefined;
}

/** A result before it is recorded. */
export interface PreparedResult {
  readonly stored: StoredResult;
  /** Undefined where JSON cannot hold it. */
  readonly text: string | undefined;
  /**
   * What the caller of the first run gets.
   * @throws {ResultNotStoredError} for what JSON cannot hold.
   */
  answer(): unknown;
}

const RESULT_STORE = 'the resultStore';

/** Results of one operation: in records, in the result store, and in this environment. */
export class Results {
  readonly #settings: IdempotencySettings<never>;
  readonly #cache: ReplayCache | undefined;

  constructor(settings: IdempotencySettings<never>) {
    this.#settings = settings;
    this.#cache = settings.replayCache && replayCache(settings.replayCache, settings.clock);
  }

  /** What to record of a result, and what to give to the caller of the first run. */
  async prepare({ key }: Identity, execution: Execution, result: unknown): Promise<PreparedResult> {
    const { operation, random, clock, resultStore } = this.#settings;
    // It can be read once: the first caller gets it, all others get the answer that it was done.
    if (isStreamed(result))
      return { stored: notStored('it was streamed'), text: undefined, answer: () => result };
    let text: string;
    try {
      text = encodeResult(result);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const answer = (): never => {
        throw new ResultNotStoredError(operation, why, error);
      };
      return { stored: notStored(why), text: undefined, answer };
    }
    const newPlace = () => `${key}#${random.token()}`;
    const put = () => storeResult(newPlace, text, resultStore);
    // An outage of the result store here, silence included: the record says all the same that it is done.
    const putting = resultStore ? accessWithin(clock, RESULT_STORE, execution, put) : put();
    const stored = await putting.catch((error: unknown) => notStored(`resultStore: ${error}`));
    return { stored, text, answer: () => decodeResult(operation, text) };
  }

  /** A recorded result. An outage of the result store here: it may be read later. */
  async load(identity: Identity, record: IdempotencyRecord, execution: Execution): Promise<RecordedResult> {
    const { operation, clock, resultStore } = this.#settings;
    const access = () => loadResult(identity.key, operation, record, resultStore);
    // What is in the record is there at once.
    const loaded =
      record.form === 'elsewhere' ? accessWithin(clock, RESULT_STORE, execution, access) : access();
    const text = await loaded.catch((cause: unknown) => {
      if (isFibrinError(cause)) throw cause;
      const what = `${RESULT_STORE} did not give the result of "${operation}"`;
      throw new StoreError(what, { cause, retryable: true });
    });
    this.keep(identity, text, record);
    return { result: decodeResult(operation, text), text };
  }

  /** Keeps a result in this environment. In another one, whose clock is ahead, the operation may run again by `expiresAt`. */
  keep({ key, payload }: Identity, text: string, { expiresAt }: IdempotencyRecord): void {
    this.#cache?.set(key, payload, text, expiresAt * 1_000 - this.#settings.skewMarginMs);
  }

  /** What this environment has kept. */
  kept({ key, payload }: Identity): { readonly result: unknown } | undefined {
    const text = this.#cache?.get(key, payload);
    return text === undefined ? undefined : { result: decodeResult(this.#settings.operation, text) };
  }
}

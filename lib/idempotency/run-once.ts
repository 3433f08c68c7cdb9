import type { TransactWrite } from '../core/store.ts';
import type { ClaimedRun, IdempotencyGuard } from './guard.ts';

/** What a run can do with its claim. */
export interface Claim<R = unknown> {
  /**
   * Grows with every run of the key, after a run that failed or was long ago as far as clocks agree; 0 for a run without a
   * claim. Hand it to systems that refuse an older one. Epoch milliseconds of the claim, or more.
   */
  readonly fence: number;
  /**
   * Makes other DynamoDB writes and records the result in one transaction: all of it happens, or none. Writes are those of
   * TransactWriteItems, up to 99. Can be done once. Return what it gives.
   * @throws {StoreError} when it is not known whether it happened; the SDK's `TransactionCanceledException` when one of the
   * writes was refused, so that nothing happened.
   */
  completeWith(writes: readonly TransactWrite[], result: R): Promise<R>;
}

/** Runs what was claimed and records how it ended. */
export async function runOnce<E, R>(
  guard: IdempotencyGuard<E>,
  begun: ClaimedRun,
  run: (claim: Claim<R>) => Promise<R>,
): Promise<R> {
  let recorded: { readonly result: R } | undefined;
  const claim: Claim<R> = {
    fence: begun.record.fence,
    async completeWith(writes, result) {
      recorded = { result: (await guard.completeWith(begun, result, writes)) as R };
      return recorded.result;
    },
  };
  let result: R;
  try {
    result = await run(claim);
  } catch (error) {
    await guard.end(begun, { error });
    throw error;
  }
  recorded ??= (await guard.end(begun, { result })) as { readonly result: R } | undefined;
  return recorded ? recorded.result : result;
}

/** For a run that goes on without a claim, since the store failed before it. */
export const UNPROTECTED: Claim<never> = {
  fence: 0,
  async completeWith() {
    throw new Error('The run has no claim, since the store failed: it cannot be completed in a transaction');
  },
};

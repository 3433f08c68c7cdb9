import { StoreError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { CountingStore } from '../core/store.ts';
import { throughEach } from './requests.ts';
import type { Sandbox } from './sandbox.ts';
import type { World } from './world.ts';

/** When a client gives up a request that nobody answers. Who waits for less has given up before. Milliseconds. */
const UNANSWERED_MS = 1_000;

export interface LinkOptions {
  /** Share of requests that nobody hears the answer of. Half of them are done all the same. */
  readonly lossShare: number;
  /** Whether the store answers nobody at this moment. */
  readonly isOut: () => boolean;
  readonly random: Random;
}

/** The way from one sandbox to the store: requests and answers can be lost on it, and none comes into a frozen sandbox. */
export function linked(
  store: CountingStore,
  { sandbox, virtual }: { readonly sandbox: Sandbox; readonly virtual: World },
  { lossShare, isOut, random }: LinkOptions,
): CountingStore {
  const request = <R>(serve: () => Promise<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      const isLost = random.next() < lossShare;
      const isServed = !isOut() && (!isLost || random.next() < 0.5);
      const isHeard = isServed && !isLost;
      if (!isHeard)
        virtual.at(virtual.now + UNANSWERED_MS, () => {
          virtual.wake();
          sandbox.receive(() => reject(new StoreError('simulated: no answer', { retryable: true })));
        });
      if (!isServed) return;
      serve().then(
        (answer) => isHeard && sandbox.receive(() => resolve(answer)),
        (error: unknown) => isHeard && sandbox.receive(() => reject(error)),
      );
    });
  return throughEach(store, request);
}

import { StoreError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { CountingStore } from '../core/store.ts';
import { throughEach } from './requests.ts';
import type { Sandbox } from './sandbox.ts';
import { type StoreFault, serveBadly } from './store-outage.ts';
import type { World } from './world.ts';

/** When a client gives up a request without an answer. A caller that waits for less has given up before. Milliseconds. */
const UNANSWERED_MS = 1_000;

export interface LinkOptions {
  /** Fraction of requests whose answer is lost. Half of them are applied all the same. */
  readonly lossFraction: number;
  /** In which way the store fails at this moment. Undefined: it does not. */
  readonly fault: () => StoreFault | undefined;
  readonly random: Random;
}

/** The way from one sandbox to the store: requests and answers can be lost on it, and none comes into a frozen sandbox. */
export function linked(
  store: CountingStore,
  { sandbox, virtual }: { readonly sandbox: Sandbox; readonly virtual: World },
  { lossFraction, fault: faultNow, random }: LinkOptions,
): CountingStore {
  const request = <R>(serve: () => Promise<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      const fault = faultNow();
      const isLost = random.next() < lossFraction;
      const isServed = fault !== 'silent' && (!isLost || random.next() < 0.5);
      const isAnswered = isServed && !isLost;
      if (!isAnswered)
        virtual.at(virtual.now + UNANSWERED_MS, () => {
          virtual.wake();
          sandbox.receive(() => reject(new StoreError('simulated: no answer', { retryable: true })));
        });
      if (!isServed) return;
      const answer = fault ? serveBadly(fault, serve, virtual) : serve();
      answer.then(
        (value) => isAnswered && sandbox.receive(() => resolve(value)),
        (error: unknown) => isAnswered && sandbox.receive(() => reject(error)),
      );
    });
  return throughEach(store, request);
}

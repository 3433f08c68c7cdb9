import type { Clock } from '../../lib/core/clock.ts';
import type { Random } from '../../lib/core/random.ts';

export interface FifoMessage {
  readonly messageId: string;
  readonly body: string;
  readonly eventSourceARN: string;
  readonly attributes: { readonly MessageGroupId: string; readonly SequenceNumber: string };
}

interface Kept {
  readonly message: FifoMessage;
  visibleAtMs: number;
}

const VISIBILITY_TIMEOUT_MS = 30_000;
const BATCH_SIZE = 10;

/**
 * A FIFO queue with its event source mapping, in virtual time. A batch has several messages of a group, and a group is held
 * back as long as one of its messages is invisible.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export class FifoQueue {
  readonly #groups = new Map<string, Kept[]>();
  readonly #clock: Clock;
  readonly #random: Random;
  #sent = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  send(group: string, body: string): void {
    const number = String(++this.#sent);
    const message = {
      ...{ messageId: `m${number}`, body, eventSourceARN: 'arn:aws:sqs:eu-west-1:1:work.fifo' },
      attributes: { MessageGroupId: group, SequenceNumber: number },
    };
    this.#groups.set(group, [...(this.#groups.get(group) ?? []), { message, visibleAtMs: 0 }]);
  }

  /** Takes messages of groups none of whose messages is invisible, up to five of each and ten in all. */
  receive(): readonly FifoMessage[] {
    const now = this.#clock.now();
    const free = [...this.#groups.values()].filter((kept) =>
      kept.every(({ visibleAtMs }) => visibleAtMs <= now),
    );
    const batch: Kept[] = [];
    while (free.length > 0 && batch.length < BATCH_SIZE) {
      const [kept = []] = free.splice(Math.floor(this.#random.next() * free.length), 1);
      const wanted = 1 + Math.floor(this.#random.next() * 5);
      batch.push(...kept.slice(0, Math.min(wanted, BATCH_SIZE - batch.length)));
    }
    for (const kept of batch) kept.visibleAtMs = now + VISIBILITY_TIMEOUT_MS;
    return batch.map(({ message }) => message);
  }

  changeVisibility(message: FifoMessage, seconds: number): void {
    const kept = this.#groupOf(message).find((each) => each.message.messageId === message.messageId);
    if (kept) kept.visibleAtMs = this.#clock.now() + seconds * 1_000;
  }

  delete(message: FifoMessage): void {
    const left = this.#groupOf(message).filter((each) => each.message.messageId !== message.messageId);
    if (left.length > 0) this.#groups.set(message.attributes.MessageGroupId, left);
    else this.#groups.delete(message.attributes.MessageGroupId);
  }

  /** When the next message becomes visible. Infinity where none is left. */
  nextVisibleAtMs(): number {
    const now = this.#clock.now();
    const all = [...this.#groups.values()].flatMap((kept) => kept.map(({ visibleAtMs }) => visibleAtMs));
    return Math.min(...all.filter((visibleAtMs) => visibleAtMs > now), Infinity);
  }

  #groupOf({ attributes }: FifoMessage): readonly Kept[] {
    return this.#groups.get(attributes.MessageGroupId) ?? [];
  }
}

import type { SqsStore } from './engine.ts';

type Queue = ReturnType<SqsStore['createQueue']>;
type Received = ReturnType<Queue['dequeue']>;

/** Sequence numbers are of the same length: their order is that of texts. */
function sortGroups({ fifoMessages }: Queue): void {
  for (const messages of fifoMessages.values()) {
    messages.sort((a, b) => ((a.sequenceNumber ?? '') < (b.sequenceNumber ?? '') ? -1 : 1));
  }
}

/**
 * fauxqs gives a receiver one message of each group, and puts those that come back in front of the others one by one, the
 * last one first. SQS gives as many of one group as there are, always in their order.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
function keepTogether(queue: Queue): void {
  const take = queue.dequeue.bind(queue);
  const processTimers = queue.processTimers.bind(queue);
  Object.assign(queue, {
    dequeue(...[max, visibilityTimeout, queueOf]: Parameters<Queue['dequeue']>): Received {
      // What is visible again at once would be taken again and again.
      if (Number(visibilityTimeout ?? queue.attributes['VisibilityTimeout']) === 0)
        return take(max, visibilityTimeout, queueOf);
      const locks = queue.fifoLockedGroups;
      const lockedBefore = new Set(locks.keys());
      const taken = new Map<string, number>();
      const messages: Received = [];
      // A group whose message was just taken stays open to the one who took it, and is still the first one.
      while (messages.length < max) {
        const [message] = take(1, visibilityTimeout, queueOf);
        if (message === undefined) break;
        messages.push(message);
        for (const group of [...locks.keys()].filter((locked) => !lockedBefore.has(locked))) {
          taken.set(group, (taken.get(group) ?? 0) + 1);
          locks.delete(group);
        }
      }
      for (const [group, count] of taken) locks.set(group, count);
      return messages;
    },
    processTimers() {
      processTimers();
      sortGroups(queue);
    },
  });
}

/** Lets the FIFO queues of a store, those that are yet to be created too, give their messages as SQS does. */
export function keepGroupsTogether(store: SqsStore): SqsStore {
  const createQueue = store.createQueue.bind(store);
  return Object.assign(store, {
    createQueue(...args: Parameters<typeof createQueue>) {
      const queue = createQueue(...args);
      if (queue.isFifo()) keepTogether(queue);
      return queue;
    },
  });
}

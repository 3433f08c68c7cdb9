import type { SqsStore } from './engine.ts';

type Queue = ReturnType<SqsStore['createQueue']>;

/** The ARN of the queue that a message in a dead-letter queue comes from, as the engine knows it, by the ID of the message. */
export type DeadLetterSources = ReadonlyMap<string, string>;

/** Notes which messages the queues of a store, those that are yet to be created too, move to dead-letter queues. */
export function noteDeadLetters(store: SqsStore): DeadLetterSources {
  const sources = new Map<string, string>();
  const createQueue = store.createQueue.bind(store);
  const noting = (queue: Queue): Queue => {
    const take = queue.dequeue.bind(queue);
    return Object.assign(queue, {
      dequeue(...[max, visibilityTimeout, queueOf]: Parameters<Queue['dequeue']>) {
        return take(max, visibilityTimeout, (deadLetterArn) => {
          const deadLetters = queueOf?.(deadLetterArn);
          if (deadLetters === undefined) return undefined;
          // Stands in for it where one message is moved.
          return Object.assign(Object.create(deadLetters) as Queue, {
            enqueue(message: Parameters<Queue['enqueue']>[0]) {
              sources.set(message.messageId, queue.arn);
              deadLetters.enqueue(message);
            },
          });
        });
      },
    });
  };
  Object.assign(store, {
    createQueue: (...args: Parameters<typeof createQueue>) => noting(createQueue(...args)),
  });
  return sources;
}

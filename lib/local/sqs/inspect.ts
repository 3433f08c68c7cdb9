import type { FauxqsServer } from 'fauxqs';
import type { Depth, PeekedMessage } from './model.ts';

/** What fauxqs says of a queue at `/_fauxqs/queues/{name}`, without receiving anything. */
export type Inspection = NonNullable<ReturnType<FauxqsServer['inspectQueue']>>;
type Stored = Inspection['messages']['ready'][number];

function peeked(message: Stored, state: keyof Depth): PeekedMessage {
  return {
    messageId: message.messageId,
    body: message.body,
    attributes: Object.fromEntries(
      Object.entries(message.messageAttributes).map(([name, { StringValue, BinaryValue }]) => [
        name,
        StringValue ?? BinaryValue ?? '',
      ]),
    ),
    messageGroupId: message.messageGroupId,
    state,
    sentAt: message.sentTimestamp,
    receiveCount: message.approximateReceiveCount,
  };
}

/**
 * The messages of a queue, visible ones first. fauxqs moves what has become visible only on a receive, which
 * in a dead-letter queue may be never, so the times decide here and not the list that a message is in.
 */
export function messagesOf({ messages }: Inspection, nowMs: number): readonly PeekedMessage[] {
  const all = [
    ...messages.ready.map((message) => peeked(message, 'visible')),
    ...messages.delayed.map((message) =>
      peeked(message, (message.delayUntil ?? 0) > nowMs ? 'delayed' : 'visible'),
    ),
    ...messages.inflight.map(({ message, visibilityDeadline }) =>
      peeked(message, visibilityDeadline > nowMs ? 'inFlight' : 'visible'),
    ),
  ];
  return [
    ...all.filter(({ state }) => state === 'visible'),
    ...all.filter(({ state }) => state !== 'visible'),
  ];
}

export function depthOf(messages: readonly PeekedMessage[]): Depth {
  const depth = { visible: 0, inFlight: 0, delayed: 0 };
  for (const { state } of messages) depth[state]++;
  return depth;
}

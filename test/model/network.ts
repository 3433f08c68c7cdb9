import { StoreError } from '../../lib/core/errors.ts';

/** What the network does with one call of the store. */
export type Fate =
  /** It is applied and answered at once. */
  | 'arrives'
  /** It is under way until a step lets it arrive, and then its answer is. */
  | 'travels'
  /** It is lost without a word. */
  | 'lost'
  /** It is applied and the answer lost, without a word. */
  | 'unanswered'
  /** The connection fails before it is applied. */
  | 'refused'
  /** The connection fails after it was applied. */
  | 'cut'
  /** It is applied, the answer is lost and the client sends it again: that one is answered. */
  | 'resent'
  /** It is applied and answered, and a copy of it is still under way. */
  | 'echoed';

/** Sends a request to where it is applied, and brings the answer. */
export type Send = <R>(fate: Fate, request: () => Promise<R>) => Promise<R>;

type Packet = () => Promise<void>;

const silence = () => new Promise<never>(() => {});

/** Requests and answers overtake each other, are lost and come twice, as the steps of a schedule say. */
export function network() {
  const packets: Packet[] = [];
  const at = (index: number) => index % Math.max(1, packets.length);

  const send: Send = async (fate, request) => {
    switch (fate) {
      case 'arrives':
        return request();
      case 'travels':
        return new Promise((resolve) => {
          packets.push(async () => {
            const answer = await request();
            packets.push(async () => resolve(answer));
          });
        });
      case 'lost':
        return silence();
      case 'unanswered':
        await request();
        return silence();
      case 'refused':
        throw new StoreError('the connection failed');
      case 'cut':
        await request();
        throw new StoreError('the connection was cut');
      case 'resent':
        await request();
        return request();
      case 'echoed':
        packets.push(async () => void (await request()));
        return request();
    }
  };

  return {
    send,
    /** One of the packets under way arrives, in whatever order they were sent. */
    async arrive(index: number) {
      const [packet] = packets.splice(at(index), 1);
      await packet?.();
    },
    /** One of them is there twice. */
    double(index: number) {
      const packet = packets[at(index)];
      if (packet) packets.push(packet);
    },
    lose: (index: number) => void packets.splice(at(index), 1),
    loseAll: () => void packets.splice(0),
  };
}

export type Network = ReturnType<typeof network>;

import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { systemClock } from '../../lib/core/clock.ts';
import type { Random } from '../../lib/core/random.ts';
import { startEventBridgeApi } from '../../lib/local/events/api.ts';
import { createBuses } from '../../lib/local/events/bus.ts';
import { faultSwitches } from '../../lib/local/faults.ts';

export interface LossyBus {
  readonly client: EventBridgeClient;
  /** The ids of the events that it has taken, in their order. */
  readonly taken: readonly string[];
  readonly counts: { readonly requests: number; readonly entries: number; readonly rejected: number };
  close(): Promise<void>;
}

interface Sent {
  readonly Detail: string;
}

/** The local EventBridge over HTTP, which rejects a part of the entries. */
export async function startLossyBus(rejectedRatio: number, random: Random): Promise<LossyBus> {
  const taken: string[] = [];
  const counts = { requests: 0, entries: 0, rejected: 0 };
  const buses = createBuses({
    ...{ buses: [], rules: [], platform: systemClock, clock: systemClock, random },
    ...{ region: 'eu-west-1', account: '000000000000' },
    dispatch: async () => ({ kind: 'accepted' }),
  });
  const api = await startEventBridgeApi({
    faults: faultSwitches({}, random),
    buses: {
      put(entries) {
        counts.requests++;
        const result = buses.put(entries, () => random.next() < rejectedRatio);
        counts.rejected += result.FailedEntryCount;
        for (const [index, each] of result.Entries.entries()) {
          counts.entries++;
          if ('ErrorCode' in each) continue;
          taken.push((JSON.parse((entries as readonly Sent[])[index]?.Detail ?? '') as { id: string }).id);
        }
        return result;
      },
    },
  });
  const client = new EventBridgeClient({
    endpoint: `http://127.0.0.1:${api.port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  return {
    ...{ client, taken, counts },
    async close() {
      client.destroy();
      buses.stop();
      await api.close();
    },
  };
}

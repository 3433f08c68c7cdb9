import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Processes } from '../../lib/local/processes.ts';
import { type Death, type DeathOptions, die } from './death.ts';
import { NEXT_LEASE_MS } from './operation.ts';
import type { Plan } from './plan.ts';
import { type Mark, marksOf, type Step, stepsOf, type Variant } from './points.ts';
import { type Relay, startRelay } from './relay.ts';
import type { Order } from './worker.ts';

/** At most so long after a mark it was seen at dies a process at any moment. By then it is at the next, or the one after. */
const MOMENT_MS = 8;

export interface World {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly processes: Processes;
  /** The worker, as one file. */
  readonly bundle: string;
  /** How many resumptions the whole way of a process takes. */
  awaits(variant: Variant): number;
}

interface Place {
  readonly stop?: Pick<Order, 'stopAt' | 'stopAfterAwaits'>;
  readonly after?: DeathOptions['after'];
  readonly slow?: 'request' | 'answer';
}

function placeOf({ variant, point }: Plan, fraction: number, { awaits }: World): Place {
  switch (point) {
    case 'any await':
    case 'any await, twice':
      return { stop: { stopAfterAwaits: 1 + Math.floor(fraction * awaits(variant)) } };
    case 'any moment': {
      // A fraction of the marks, not of the time: so a machine that is busy changes little.
      const marks = marksOf(variant);
      const at = fraction * marks.length;
      return { after: { mark: marks[Math.floor(at)] as Mark, ms: (at % 1) * MOMENT_MS } };
    }
    default:
      if (point.endsWith('late')) return { slow: 'request' };
      if (point.endsWith('unanswered')) return { slow: 'answer' };
      return { stop: { stopAt: point as Mark } };
  }
}

/** Has the nth process of a plan killed where the plan says. What is slow on its way stays so, until it is let go. */
export async function kill(
  world: World,
  plan: Plan,
  n: number,
): Promise<{ readonly death: Death; readonly relay: Relay | undefined }> {
  const { key, variant, point } = plan;
  const { stop, after, slow } = placeOf(plan, plan.shares[n] ?? 0, world);
  const { promise: when, resolve: onHeld } = Promise.withResolvers<void>();
  // The first request only warms the process up.
  const nth = stepsOf(variant).indexOf(point.split(': ')[0] as Step) + 2;
  const relay = slow && (await startRelay({ endpoint: world.endpoint, nth, slow, onHeld }));
  const order: Order = {
    endpoint: relay?.endpoint ?? world.endpoint,
    variant,
    call: { key, run: `process ${n}` },
    clockOffsetMs: n * NEXT_LEASE_MS,
    ...stop,
  };
  try {
    return { death: await die({ ...world, order, when, ...(after && { after }) }), relay };
  } catch (error) {
    await relay?.close();
    throw error;
  }
}

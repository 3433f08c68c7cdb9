import { readState, stateKey } from '../breaker/state.ts';
import { type BreakerSummary, summaryOf } from '../breaker/summary.ts';
import { breakerNameOf } from '../core/table-layout.ts';
import { scanPrefix } from '../store/scan.ts';
import { callDynamoDb } from './dynamodb/client.ts';

/** The shared breakers of a table. Read without the faults: what is shown must be what is there. */
export async function readBreakers(
  endpoint: string,
  tableName: string,
  now: number,
): Promise<readonly BreakerSummary[]> {
  const scan = (input: object) => callDynamoDb(endpoint, 'Scan', input);
  const { items } = await scanPrefix(scan, tableName, stateKey(''));
  return items.flatMap(({ key, item }) => {
    const name = breakerNameOf(key);
    const { state } = readState(name ?? key, item);
    return name !== undefined && state ? [summaryOf(name, state, now)] : [];
  });
}

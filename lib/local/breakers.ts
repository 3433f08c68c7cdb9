import { type BreakerSight, sightOf } from '../breaker/sight.ts';
import { readVerdict } from '../breaker/verdict.ts';
import { scanVerdicts } from '../store/verdicts.ts';
import { callDynamoDb } from './dynamodb/client.ts';

/** The breakers whose verdicts a table holds. Read past the faults: what one sees must be what is there. */
export async function readBreakers(
  endpoint: string,
  tableName: string,
  now: number,
): Promise<readonly BreakerSight[]> {
  const { verdicts } = await scanVerdicts((input) => callDynamoDb(endpoint, 'Scan', input), tableName);
  return verdicts.flatMap(({ name, item }) => {
    const verdict = readVerdict(item);
    return verdict ? [sightOf(name, verdict, now)] : [];
  });
}

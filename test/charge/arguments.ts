import { parseArgs } from 'node:util';
import { systemClock } from '../../lib/core/clock.ts';
import { GUARDED, WAY_NAMES, type WayName } from './ways.ts';

const DEFAULT_KEYS = 6_000;

export const HELP: string = `npm run test:charge -- [--keys 500] [--seed 1] [--ways plain,timeout] [--json]

Charges keys at a server that charges whenever it is asked to, through clients and a proxy that loses, cuts, delays and
replaces what passes, and a quarter as many in the transaction that records them. Fails where a key is charged twice,
answered without a charge, or held though its outcome is known, and where a handler that is careless is not found out.

  --keys  how many, from 1 on; also FIBRIN_CHARGE_KEYS. Default ${DEFAULT_KEYS}
  --seed  what happens to them; also FIBRIN_CHARGE_SEED. Default: another one each time
  --ways  how handlers call their clients, with commas between; also FIBRIN_CHARGE_WAYS.
          Default: those in which idempotency sees every request:
            ${GUARDED.map((way) => JSON.stringify(way)).join(', ')}
          Others, in which it does not:
            ${WAY_NAMES.filter((way) => !GUARDED.includes(way))
              .map((way) => JSON.stringify(way))
              .join(', ')}
  --json  prints the figures as JSON`;

export interface Arguments {
  readonly keys: number;
  readonly seed: number;
  readonly ways: readonly WayName[];
  readonly json: boolean;
  readonly help: boolean;
}

/** Undefined for what makes no campaign. */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): Arguments | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keys: { type: 'string', default: env['FIBRIN_CHARGE_KEYS'] ?? String(DEFAULT_KEYS) },
      seed: { type: 'string', default: env['FIBRIN_CHARGE_SEED'] ?? String(systemClock.now() % 1_000_000) },
      ways: { type: 'string', default: env['FIBRIN_CHARGE_WAYS'] ?? '' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { json, help } = values;
  const [keys, seed] = [Number(values.keys), Number(values.seed)];
  const named = values.ways === '' ? GUARDED : values.ways.split(',');
  const ways = WAY_NAMES.filter((way) => named.includes(way));
  const isUsable = [keys, seed].every(Number.isSafeInteger) && keys >= 1 && ways.length === named.length;
  return isUsable ? { keys, seed, ways, json, help } : undefined;
}

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

const parse = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  parseArgs({
    args: [...args],
    options: {
      keys: { type: 'string', default: env['FIBRIN_CHARGE_KEYS'] ?? String(DEFAULT_KEYS) },
      seed: { type: 'string', default: env['FIBRIN_CHARGE_SEED'] ?? String(systemClock.now() % 1_000_000) },
      ways: { type: 'string', default: env['FIBRIN_CHARGE_WAYS'] ?? GUARDED.join(',') },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;

/** @throws {Error} for what makes no campaign. */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv): Arguments {
  const { keys: keysText, seed: seedText, ways: waysText, json, help } = parse(args, env);
  const [keys, seed] = [Number(keysText), Number(seedText)];
  if (!Number.isSafeInteger(keys) || keys < 1) throw new Error(`Expected keys from 1 on, got ${keysText}`);
  if (!Number.isSafeInteger(seed)) throw new Error(`Expected a whole number as seed, got ${seedText}`);
  const ways = waysText.split(',').map((text) => {
    const way = WAY_NAMES.find((name) => name === text);
    if (way === undefined) throw new Error(`Expected ways of ${WAY_NAMES.join(', ')}, got ${text}`);
    return way;
  });
  return { keys, seed, ways, json, help };
}

import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import type { TableArguments } from '../table.ts';
import { UsageError } from '../usage.ts';

const ACTIONS = ['show', 'open', 'close', 'auto'] as const;

export interface BreakersRequest extends TableArguments {
  readonly action: (typeof ACTIONS)[number];
  readonly name: string;
  readonly json: boolean;
  /** How long it stays forced. */
  readonly forMs: number;
  /** Who forces it. */
  readonly by: string;
}

const OPTIONS = {
  table: { type: 'string' },
  'key-attribute': { type: 'string', default: 'pk' },
  region: { type: 'string' },
  for: { type: 'string' },
  by: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DEFAULT_FOR_MS = UNITS_MS.h;
/** Who needs it for longer has to say so again: a breaker that is forced protects nobody. */
const LONGEST_MS = 7 * UNITS_MS.d;

function durationIn(text: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new UsageError(
    `--for: expected a duration up to 7d, such as 90s, 15m or 2h, got ${JSON.stringify(text)}`,
  );
}

const NAME = /^[A-Za-z0-9._-]{1,100}$/;
const AUTHOR = /^[\p{L}\p{N} ._@+-]{1,100}$/u;

function authorIn(text: string): string {
  if (AUTHOR.test(text)) return text;
  throw new UsageError(`--by: expected 1 to 100 letters, digits and ._@+-, got ${JSON.stringify(text)}`);
}

/** @throws {UsageError} or what `parseArgs` throws, for what makes no request. */
export function readArguments(args: readonly string[]): BreakersRequest | 'help' {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (values.help) return 'help';
  const [said, name, ...rest] = positionals;
  const action = ACTIONS.find((known) => known === said);
  if (action === undefined)
    throw new UsageError(
      `expected fibrin breakers ${ACTIONS.join(', ')}, got ${JSON.stringify(said ?? 'nothing')}; see --help`,
    );
  if (name === undefined || rest.length > 0)
    throw new UsageError(`fibrin breakers ${action}: expected one name`);
  if (!NAME.test(name))
    throw new UsageError(
      `expected a breaker's name of 1 to 100 letters, digits, ".", "_", "-", got ${JSON.stringify(name)}`,
    );
  const isForce = action === 'open' || action === 'close';
  if (!isForce && (values.for !== undefined || values.by !== undefined))
    throw new UsageError('--for and --by are for open and close');
  const table = values.table ?? process.env['FIBRIN_TABLE'];
  if (!table) throw new UsageError('name the table with --table or in FIBRIN_TABLE');
  return {
    ...{ action, name, table, json: values.json, region: values.region },
    keyAttribute: values['key-attribute'],
    forMs: values.for === undefined ? DEFAULT_FOR_MS : durationIn(values.for),
    by: isForce ? authorIn(values.by ?? userInfo().username) : '',
  };
}

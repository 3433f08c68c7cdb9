import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import * as rule from '../../core/rules.ts';
import { TABLE_OPTIONS, type TableArguments, tableArguments } from '../table.ts';
import { durationOf, UNITS_MS } from '../time.ts';
import { UsageError } from '../usage.ts';

const OF_ONE = ['show', 'open', 'close', 'auto'] as const;
const ACTIONS = ['list', ...OF_ONE] as const;

export interface ListRequest extends TableArguments {
  readonly action: 'list';
  readonly json: boolean;
}

export interface BreakerRequest extends TableArguments {
  readonly action: (typeof OF_ONE)[number];
  readonly name: string;
  readonly json: boolean;
  /** How long it stays forced. Milliseconds. */
  readonly forMs: number;
  /** Who forces it. */
  readonly by: string;
}

const OPTIONS = {
  ...TABLE_OPTIONS,
  for: { type: 'string' },
  by: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const DEFAULT_FOR_MS = UNITS_MS.h;
/** A forced breaker protects nothing, so an override has to be renewed after a week. */
const MAX_FOR_MS = 7 * UNITS_MS.d;

function durationIn(text: string): number {
  const ms = durationOf(text, /^(\d+)([smhd])$/);
  if (ms > 0 && ms <= MAX_FOR_MS) return ms;
  throw new UsageError(
    `--for: expected a duration up to 7d, such as 90s, 15m or 2h, got ${JSON.stringify(text)}`,
  );
}

const AUTHOR = /^[\p{L}\p{N} ._@+-]{1,100}$/u;

function authorIn(text: string): string {
  if (AUTHOR.test(text)) return text;
  throw new UsageError(`--by: expected 1 to 100 letters, digits and ._@+-, got ${JSON.stringify(text)}`);
}

/** @throws {UsageError} or what `parseArgs` throws, for a wrong usage. */
export function readArguments(args: readonly string[]): ListRequest | BreakerRequest | 'help' {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (values.help) return 'help';
  const [said, name, ...rest] = positionals;
  const action = ACTIONS.find((known) => known === said);
  if (action === undefined)
    throw new UsageError(
      `expected fibrin breakers ${ACTIONS.join(', ')}, got ${JSON.stringify(said ?? 'nothing')}; see --help`,
    );
  const isForce = action === 'open' || action === 'close';
  if (!isForce && (values.for !== undefined || values.by !== undefined))
    throw new UsageError('--for and --by are options of open and close');
  if (action === 'list') {
    if (name !== undefined)
      throw new UsageError('fibrin breakers list: expected no name; to see one breaker use show');
    return { action, json: values.json, ...tableArguments(values) };
  }
  if (name === undefined || rest.length > 0)
    throw new UsageError(`fibrin breakers ${action}: expected one name`);
  const wrong = rule.name()(name);
  if (wrong !== undefined) throw new UsageError(`fibrin breakers ${action}: expected ${wrong}`);
  return {
    ...{ action, name, json: values.json },
    ...tableArguments(values),
    forMs: values.for === undefined ? DEFAULT_FOR_MS : durationIn(values.for),
    by: isForce ? authorIn(values.by ?? userInfo().username) : '',
  };
}

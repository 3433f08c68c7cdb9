import { parseArgs } from 'node:util';
import { TABLE_OPTIONS, type TableArguments, tableArguments } from '../table.ts';
import { UsageError } from '../usage.ts';
import { type RecordKey, recordKeyOf } from './key.ts';

/** What is asked for: to show a record, or to release it. */
export interface IdempotencyRequest extends RecordKey, TableArguments {
  readonly action: 'show' | 'release';
  readonly json: boolean;
  /** `show`: the result too, which may be personal data. */
  readonly result: boolean;
  /** `release`: also what is not known to be safe. */
  readonly force: boolean;
}

const OPTIONS = {
  operation: { type: 'string' },
  ...TABLE_OPTIONS,
  principal: { type: 'string' },
  tenant: { type: 'string' },
  'hmac-secret-env': { type: 'string' },
  'json-key': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  result: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** @throws {UsageError} or what `parseArgs` throws, for what makes no request. */
export function readArguments(args: readonly string[]): IdempotencyRequest | 'help' {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (values.help) return 'help';
  const [action, key, ...rest] = positionals;
  if (action !== 'show' && action !== 'release')
    throw new UsageError(
      `expected fibrin idempotency show or release, got ${JSON.stringify(action ?? 'nothing')}; see --help`,
    );
  if (key === undefined) throw new UsageError(`fibrin idempotency ${action}: which key? See --help`);
  if (rest.length > 0)
    throw new UsageError('expected one key; put it into quotes where it has spaces or is JSON');
  if (values.force && action === 'show') throw new UsageError('--force is for release; show changes nothing');
  if (values.result && action === 'release') throw new UsageError('--result is for show');

  const table = tableArguments(values);
  const { operation, principal, tenant, json, result, force } = values;
  return {
    ...{ action, json, result, force },
    ...table,
    ...recordKeyOf(key, {
      ...{ operation, principal, tenant },
      isJson: values['json-key'],
      secretVariable: values['hmac-secret-env'],
    }),
  };
}

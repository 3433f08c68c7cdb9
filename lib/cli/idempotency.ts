import { systemClock } from '../core/clock.ts';
import { PARTITION_KEY, TABLE_VARIABLE } from '../core/table-layout.ts';
import { recordKey } from '../idempotency/key.ts';
import { print, printError, printJson } from '../terminal/print.ts';
import { type IdempotencyRequest, readArguments } from './idempotency/arguments.ts';
import { sightJson } from './idempotency/json.ts';
import { release } from './idempotency/release.ts';
import { recordedResult } from './idempotency/result.ts';
import { look, type Sight } from './idempotency/sight.ts';
import { ABSENT_HINT, recordLines, stateText } from './idempotency/words.ts';
import { openTable } from './table.ts';

export const IDEMPOTENCY_HELP: string = `fibrin idempotency: show the record of an idempotency key, or release the key

Usage: fibrin idempotency show KEY --operation NAME [--result] [options]
       fibrin idempotency release KEY --operation NAME [--force] [options]

  KEY           the key that the caller sent, without the quotes of a header, or that of the record as logs and hooks
                show it (${recordKey('operation', 'digest')}; then without --operation)
  --operation NAME      the operation that the function gives to idempotent
  --json-key            KEY is JSON, such as '["a","b"]'
  --principal X, --tenant X   whose key it is, where the function says so; for what is no text use the record's key
  --hmac-secret-env VAR environment variable that holds the function's hmacSecret
  --table NAME          (default: ${TABLE_VARIABLE})
  --key-attribute NAME  its partition key (default: ${PARTITION_KEY})
  --region NAME         (default: that of the AWS configuration)
  --json        for programs
  --result      show: print the result too; it may be personal data
  --force       release: also a run whose lease has not ended (a second run may start beside it) and a completed one
                (the effect happens again)
  --help        this text

release deletes the record of a run that ended without an outcome, if it has not changed since it was read: the next
request with the key runs. First find out whether the effect happened. Times are by this machine's clock.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage. Credentials, region and endpoint are those of the AWS SDK; with
AWS_ENDPOINT_URL_DYNAMODB it works on the tables of fibrin local.`;

async function show(request: IdempotencyRequest, sight: Sight): Promise<number> {
  const { key, operation, table, result: isShown } = request;
  const result =
    'record' in sight && sight.record.state === 'completed'
      ? await recordedResult(key, operation, sight.record)
      : undefined;
  if (request.json) {
    printJson(sightJson(request, sight, result));
    return 0;
  }
  print(`${key} in ${table}`, `state   ${stateText(sight)}`);
  if (sight.status === 'absent') print(ABSENT_HINT);
  if ('record' in sight) print(...recordLines(sight, result, isShown));
  return 0;
}

export async function idempotency(args: readonly string[]): Promise<number> {
  const request = readArguments(args);
  if (request === 'help') {
    print(...IDEMPOTENCY_HELP.split('\n'));
    return 0;
  }
  const { key, action, json, force } = request;
  const store = await openTable(request);
  const sight = await look(store, key, systemClock.now);
  if (action === 'show') return show(request, sight);

  const outcome = await release(store, key, sight, force);
  if (json) printJson({ ...sightJson(request, sight), ...outcome });
  if (!outcome.released) {
    printError(`fibrin: ${key} is not released: ${outcome.refused}`);
    return 1;
  }
  if (!json && 'record' in sight) {
    const { owner, fence } = sight.record;
    print(`released ${key} in ${request.table}: the next request with this key runs`);
    print(`it was ${stateText(sight)}; owner ${owner}, fence ${fence}`);
  }
  return 0;
}

import { stateKey } from '../breaker/state.ts';
import { summaryOf } from '../breaker/summary.ts';
import { force, unforce } from '../breaker/transitions.ts';
import { systemClock } from '../core/clock.ts';
import { PARTITION_KEY, TABLE_VARIABLE } from '../core/table-layout.ts';
import { scanPrefix } from '../store/scan.ts';
import { print, printJson } from '../terminal/print.ts';
import { type BreakerRequest, type ListRequest, readArguments } from './breakers/arguments.ts';
import { listOf } from './breakers/list.ts';
import { changeState, readState } from './breakers/state.ts';
import { listLines, summaryLines } from './breakers/words.ts';
import { openScan, openTable } from './table.ts';

export const BREAKERS_HELP: string = `fibrin breakers: show shared circuit breakers, or override one

Usage: fibrin breakers list [options]
       fibrin breakers show NAME [options]
       fibrin breakers open NAME [--for DURATION] [--by NAME] [options]
       fibrin breakers close NAME [--for DURATION] [--by NAME] [options]
       fibrin breakers auto NAME [options]

  list          all breakers in the table; reads the whole table
  show          one breaker
  open          reject all calls; then the breaker is open and admits a probe
  close         admit all calls, even while they fail; then the breaker decides again
  auto          end the override now
  --for DURATION        90s, 15m, 2h, at most 7d (default: 1h)
  --by NAME             shown with the override (default: your user name on this machine)
  --table NAME          (default: ${TABLE_VARIABLE})
  --key-attribute NAME  its partition key (default: ${PARTITION_KEY})
  --region NAME         (default: that of the AWS configuration)
  --json        output for programs
  --help        this text

Environments follow an override when they next refresh the shared state: those with failing calls, and those that were idle,
before their next call; the others within 125 s of calls.
A breaker that was never used is shown as closed, and so is a misspelled name: check the name with list before an override.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage. Credentials, region and endpoint are those of the AWS SDK; with
AWS_ENDPOINT_URL_DYNAMODB it works on the tables of fibrin local.`;

const STATES = { open: 'open', close: 'closed' } as const;

async function apply(request: BreakerRequest) {
  const { action, name, forMs, by } = request;
  const store = await openTable(request);
  const now = systemClock.now();
  if (action === 'show') return readState(store, name);
  return changeState(store, name, (stored) => {
    if (action !== 'auto') return force(stored, now, { state: STATES[action], forMs, by });
    return summaryOf(name, stored, now).state.startsWith('forced-') ? unforce(stored, now) : undefined;
  });
}

async function list(request: ListRequest): Promise<void> {
  const { table, keyAttribute, json } = request;
  const found = await scanPrefix(await openScan(request), table, stateKey(''), keyAttribute);
  const listed = listOf(found, systemClock.now());
  if (json) printJson(listed);
  else print(...listLines(listed, table));
}

async function actOnOne(request: BreakerRequest): Promise<void> {
  const stored = await apply(request);
  const now = systemClock.now();
  const summary = summaryOf(request.name, stored, now);
  if (request.json) printJson(summary);
  else print(...summaryLines(summary, now));
}

export async function breakers(args: readonly string[]): Promise<number> {
  const request = readArguments(args);
  if (request === 'help') {
    print(...BREAKERS_HELP.split('\n'));
    return 0;
  }
  await (request.action === 'list' ? list(request) : actOnOne(request));
  return 0;
}

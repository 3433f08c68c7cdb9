import { sightOf } from '../breaker/sight.ts';
import { force, unforce } from '../breaker/transitions.ts';
import { asOf } from '../breaker/verdict.ts';
import { systemClock } from '../core/clock.ts';
import { scanVerdicts } from '../store/verdicts.ts';
import { type BreakerRequest, type ListRequest, readArguments } from './breakers/arguments.ts';
import { listOf } from './breakers/list.ts';
import { changeVerdict, verdictOf } from './breakers/verdict.ts';
import { listText, sightText } from './breakers/words.ts';
import { openScan, openTable } from './table.ts';

export const BREAKERS_HELP: string = `fibrin breakers: looks at the circuit breakers of fleets, or decides for one

Usage: fibrin breakers list [options]
       fibrin breakers show NAME [options]
       fibrin breakers open NAME [--for DURATION] [--by WHO] [options]
       fibrin breakers close NAME [--for DURATION] [--by WHO] [options]
       fibrin breakers auto NAME [options]

  list          all that the table holds; reads the whole table for it
  open          no sandbox calls, whatever comes of calls; then it is probed
  close         all sandboxes call, whatever comes of it; then it decides for itself again
  auto          ends that now
  --for DURATION        90s, 15m, 2h, at most 7d (default: 1h)
  --by WHO              shown to whoever looks (default: your name on this machine)
  --table NAME          (default: FIBRIN_TABLE)
  --key-attribute NAME  its partition key (default: pk)
  --region NAME         (default: that of the AWS configuration)
  --json        for programs
  --help        this text

Sandboxes follow when they next look at the verdict: at once where their calls fail or they were not called for a while,
else within a minute and a half.
A breaker that nobody has used is closed: a name with a spelling mistake is as good as any, so look before you decide.

Exit codes: 0 done, 1 refused or failed, 2 wrong usage. Credentials, region and endpoint are those of the AWS SDK; with
AWS_ENDPOINT_URL_DYNAMODB it works on the tables of fibrin local.`;

const STATES = { open: 'open', close: 'closed' } as const;

async function decide(request: BreakerRequest) {
  const { action, name, forMs, by } = request;
  const store = await openTable(request);
  const now = systemClock.now();
  if (action === 'show') return verdictOf(store, name);
  return changeVerdict(store, name, (verdict) => {
    if (action !== 'auto') return force(verdict, now, { state: STATES[action], forMs, by });
    return asOf(verdict, now).state.startsWith('forced-') ? unforce(verdict, now) : undefined;
  });
}

async function list(request: ListRequest): Promise<string> {
  const { table, keyAttribute, json } = request;
  const found = await scanVerdicts(await openScan(request), table, keyAttribute);
  const listed = listOf(found, systemClock.now());
  return json ? JSON.stringify(listed, undefined, 2) : listText(listed, table);
}

async function actOnOne(request: BreakerRequest): Promise<string> {
  const verdict = await decide(request);
  const now = systemClock.now();
  const { name, json } = request;
  return json ? JSON.stringify(sightOf(name, verdict, now), undefined, 2) : sightText(name, verdict, now);
}

export async function breakers(args: readonly string[]): Promise<number> {
  const request = readArguments(args);
  if (request === 'help') {
    console.log(BREAKERS_HELP);
    return 0;
  }
  console.log(request.action === 'list' ? await list(request) : await actOnOne(request));
  return 0;
}

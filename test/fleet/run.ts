import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { readVerdict, type Verdict, verdictKey } from '../../lib/breaker/verdict.ts';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import type { Item } from '../../lib/core/store.ts';
import { fromWireItem } from '../../lib/store/marshal.ts';
import { bundleWorker } from '../support/bundle.ts';
import { startTestEngine } from '../support/engines.ts';
import { type Member, startMember } from './member.ts';
import { NAME, type Summary } from './order.ts';
import { type Server, startServer, type Visit } from './server.ts';

/** Starting processes is all work and no waiting: more at once than cores would only be slower each. */
const LANES = 3;
/** How many of the processes are frozen while it is open: each nth. */
const FROZEN_EACH = 4;

export interface Fleet {
  readonly processes: number;
  readonly openMs: number;
  readonly everyMs: number;
  /** How long processes are frozen: longer than a claim lasts, so that somebody else takes over. */
  readonly freezeMs: number;
  readonly engine: 'dynamodb-local' | 'dynalite';
  readonly say?: (what: string) => void;
}

/** What came of it. */
export interface Findings {
  readonly summaries: readonly Summary[];
  readonly visits: readonly Visit[];
  /** From when on all knew that it was open. */
  readonly knownAt: number;
  /** The probe whose process was frozen. */
  readonly frozen: Visit;
  readonly evidence: Readonly<Record<string, Item>>;
  readonly verdict: Verdict;
}

async function scan(client: DynamoDBClient, table: string): Promise<Map<string, Item>> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return new Map(
    Items.map((wire) => {
      const { pk, ...item } = fromWireItem(wire);
      return [String(pk), item];
    }),
  );
}

async function startAll(count: number, start: (id: number) => Member): Promise<readonly Member[]> {
  const members: Member[] = [];
  const lane = async () => {
    while (members.length < count) {
      const member = start(members.length);
      members.push(member);
      await member.said('ready');
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return members;
}

/** While a process that has made the probe is frozen, its answer waits for it. */
async function freezeProber(server: Server, members: readonly Member[], freezeMs: number): Promise<Visit> {
  const probe = Promise.withResolvers<Visit>();
  server.isWell = true;
  server.onProbe = (visit) => {
    members[visit.id]?.freeze();
    probe.resolve(visit);
  };
  const visit = await probe.promise;
  await sleep(systemClock, freezeMs);
  members[visit.id]?.thaw();
  return visit;
}

/** An outage as a fleet of real processes sees it, some of which are frozen while it is open, and one while it probes. */
export async function runFleet(fleet: Fleet): Promise<Findings> {
  const { processes: count, openMs, everyMs, freezeMs, say = () => undefined } = fleet;
  const engine = await startTestEngine(fleet.engine);
  const server = await startServer();
  const bundle = await bundleWorker(new URL('./worker.ts', import.meta.url));
  try {
    const { endpoint } = engine.engine;
    const { name: table } = await engine.store();
    const order = { endpoint, table, url: server.url, openMs, everyMs };
    const members = await startAll(count, (id) =>
      startMember(engine.processes, bundle.file, { ...order, id }),
    );
    const all = (work: (member: Member) => Promise<void>) => Promise.all(members.map(work));

    say(`${count} processes call a server that fails`);
    for (const member of members) member.tell('go');
    await all((member) => member.said('refused'));
    const knownAt = systemClock.now();
    say('all know that it is open');

    const some = members.filter(({ id }) => id % FROZEN_EACH === 1);
    for (const member of some) member.freeze();
    await sleep(systemClock, freezeMs);
    for (const member of some) member.thaw();
    say(`${some.length} processes were frozen for ${freezeMs} ms; the server is well`);

    const frozen = await freezeProber(server, members, freezeMs);
    say(`process ${frozen.id} was frozen for as long as the prober of version ${frozen.claim}`);
    await all((member) => member.said('through'));
    say('all calls are let through');

    for (const member of members) member.tell('finish');
    const summaries = await Promise.all(members.map((member) => member.summary()));
    const items = await scan(engine.client, table);
    const verdict = readVerdict(items.get(verdictKey(NAME)) ?? {});
    if (verdict === undefined) throw new Error('There is no verdict in the table');
    items.delete(verdictKey(NAME));
    return {
      ...{ summaries, visits: server.visits, knownAt, frozen, verdict },
      evidence: Object.fromEntries(items),
    };
  } finally {
    server.stop();
    await engine.stop();
    await bundle.remove();
  }
}

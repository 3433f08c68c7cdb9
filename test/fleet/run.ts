import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { readState, type StoredState, stateKey } from '../../lib/breaker/state.ts';
import { sleep, systemClock } from '../../lib/core/clock.ts';
import type { Item } from '../../lib/core/store.ts';
import { fromWireItem } from '../../lib/store/marshal.ts';
import { bundleWorker } from '../support/bundle.ts';
import { startTestEngine, type TestEngine } from '../support/engines.ts';
import { type Member, startMember } from './member.ts';
import { NAME, type Summary } from './order.ts';
import { type Server, startServer, type Visit } from './server.ts';

/** Starting processes is all work and no waiting: more at once than cores would only be slower each. */
const STARTED_AT_ONCE = 3;
/** How many of the processes are frozen while it is open: each nth. */
const FROZEN_EACH = 4;

export interface Fleet {
  readonly processes: number;
  readonly openMs: number;
  readonly everyMs: number;
  /** How long processes are frozen: longer than a claim lasts, so that another one takes over. */
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
  readonly counts: Readonly<Record<string, Item>>;
  readonly state: StoredState;
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

async function stored({ client }: TestEngine, table: string): Promise<Pick<Findings, 'counts' | 'state'>> {
  const items = await scan(client, table);
  const key = stateKey(NAME);
  const { state } = readState(NAME, items.get(key));
  if (state === undefined) throw new Error('The table holds no state that can be read');
  items.delete(key);
  return { state, counts: Object.fromEntries(items) };
}

async function startAll(count: number, start: (id: number) => Member): Promise<readonly Member[]> {
  const members: Member[] = [];
  const startNext = async () => {
    while (members.length < count) {
      const member = start(members.length);
      members.push(member);
      await member.reported('ready');
    }
  };
  await Promise.all(Array.from({ length: STARTED_AT_ONCE }, startNext));
  return members;
}

async function freezeSome(members: readonly Member[], freezeMs: number): Promise<void> {
  const some = members.filter(({ id }) => id % FROZEN_EACH === 1);
  for (const member of some) member.freeze();
  await sleep(systemClock, freezeMs);
  for (const member of some) member.thaw();
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

/** An outage of what all call, in which some of them are frozen while it is open, and one while it probes. */
async function playOutage(
  { freezeMs, say = () => undefined }: Fleet,
  server: Server,
  members: readonly Member[],
): Promise<Omit<Findings, 'counts' | 'state'>> {
  const all = (work: (member: Member) => Promise<void>) => Promise.all(members.map(work));
  say(`${members.length} processes call a server that fails`);
  for (const member of members) member.ask('go');
  await all((member) => member.reported('rejected'));
  const knownAt = systemClock.now();
  say('all know that it is open');
  await freezeSome(members, freezeMs);
  say(`a part of them was frozen for ${freezeMs} ms; the server works again`);
  const frozen = await freezeProber(server, members, freezeMs);
  say(`process ${frozen.id} was frozen for as long, while it probed under version ${frozen.claim}`);
  await all((member) => member.reported('admitted'));
  say('all calls are admitted');
  for (const member of members) member.ask('finish');
  const summaries = await Promise.all(members.map((member) => member.summary()));
  return { summaries, visits: server.visits, knownAt, frozen };
}

/** Real processes share a breaker on a real table while what they call has an outage. */
export async function runFleet(fleet: Fleet): Promise<Findings> {
  const { processes: count, openMs, everyMs } = fleet;
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
    const findings = await playOutage(fleet, server, members);
    return { ...findings, ...(await stored(engine, table)) };
  } finally {
    server.stop();
    await engine.stop();
    await bundle.remove();
  }
}

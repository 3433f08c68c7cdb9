import assert from 'node:assert/strict';
import type { Deployment } from '../case.ts';
import { type Answered, aws, bodyOf, firstSeen, type Json, nameOf, probe } from '../events/calls.ts';

/** An event as functions get it. */
export interface BusEvent {
  readonly version: string;
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Json;
}

export interface PutAnswer {
  readonly FailedEntryCount: number;
  readonly Entries: readonly {
    readonly EventId?: string;
    readonly ErrorCode?: string;
    readonly ErrorMessage?: string;
  }[];
}

/** What is put on a bus; `detail` is written as JSON, with the probe in it. */
export interface Entry {
  readonly id: string;
  readonly source: string;
  readonly type?: string;
  readonly detail?: Json;
  readonly more?: Json;
}

export async function entryOf(
  deployed: Deployment,
  { id, source, type = 'Test', detail = {}, more }: Entry,
): Promise<Json> {
  return {
    ...{ EventBusName: await nameOf(deployed, 'NAME_Main'), Source: source, DetailType: type },
    Detail: JSON.stringify({ ...detail, ...probe(id) }),
    ...more,
  };
}

export const putEntries = (deployed: Deployment, Entries: readonly Json[]): Promise<Answered> =>
  aws(deployed, 'events', 'PutEvents', { Entries });

/** Puts one event and gives its ID. */
export async function put(deployed: Deployment, entry: Entry): Promise<string> {
  const body = bodyOf(await putEntries(deployed, [await entryOf(deployed, entry)])) as Json & PutAnswer;
  assert.equal(body.FailedEntryCount, 0, JSON.stringify(body.Entries));
  return body.Entries[0]?.EventId ?? '';
}

export const eventOf = async (deployed: Deployment, id: string): Promise<BusEvent> =>
  (await firstSeen(deployed, id)).event as BusEvent;

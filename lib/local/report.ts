import type { Counts } from './activity.ts';
import type { Affected, FaultSwitches } from './faults.ts';
import { stagePaths } from './http/apis.ts';
import type { LocalFunction } from './lambda/function.ts';
import { majorOf } from './lambda/runtime-rules.ts';
import type { Log } from './log.ts';
import { LocalRunError } from './problem.ts';
import type { ApiModel } from './template/apis.ts';
import type { FunctionModel } from './template/functions.ts';
import type { LeftOut } from './template/left-out.ts';
import type { AppModel, ClassCount } from './template/model.ts';
import type { Remarks } from './template/remarks.ts';
import type { Choice } from './template/stacks.ts';

/**
 * Prints what becomes of each resource type.
 * @throws {LocalRunError} when the template holds one that is refused.
 */
export function printClasses(classes: readonly ClassCount[], log: Log): void {
  for (const kind of ['run', 'ignored', 'refused'] as const) {
    const members = classes.filter((member) => member.class.kind === kind);
    log.say(`${kind}: ${members.length === 0 ? 'none' : ''}`.trimEnd());
    for (const { type, count, logicalIds, class: resourceClass } of members) {
      const why = 'why' in resourceClass ? ` — ${resourceClass.why}` : '';
      const which = kind === 'refused' ? `: ${logicalIds.join(', ')}` : '';
      log.say(`  ${String(count).padStart(3)} × ${type}${why}${which}`);
    }
  }
  const refused = classes.filter((member) => member.class.kind === 'refused').map(({ type }) => type);
  if (refused.length > 0) {
    throw new LocalRunError(
      `the template holds ${refused.join(', ')}, which the local run cannot serve; run without: ${refused.map((type) => `--without ${type}`).join(' ')}, or leave it out for -c stage=local`,
    );
  }
}

/** Names what is in the classes that run and does not: functions of CloudFormation's, and messages that would leave this machine. */
export function printIdle(model: AppModel, log: Log): void {
  if (model.providers.length > 0)
    log.say(`not started: ${model.providers.join(', ')}, which only CloudFormation would call`);
  for (const { name, subscriptions } of model.topics)
    for (const { logicalId, protocol, protocolName } of subscriptions)
      if (protocol === 'none')
        log.say(`topic ${name}: what is for ${protocolName} (${logicalId}) is not sent from this machine`);
}

/** Says which stacks run, and where they think they are. */
export function printChoice({ stacks, leftOut, region, account }: Choice, log: Log): void {
  const paths = stacks.map(({ path, stackName }) => path ?? stackName);
  log.say(`stack${paths.length > 1 ? 's' : ''} ${paths.join(', ')}: account ${account}, region ${region}`);
  if (leftOut.length > 0) log.say(`not run, because in another account or region: ${leftOut.join(', ')}`);
}

/**
 * Says what is left out at the user's wish, and what refers to it.
 * @throws {LocalRunError} for a type or an id that there is not.
 */
export function printLeftOut(leftOut: readonly LeftOut[], without: readonly string[], log: Log): void {
  for (const name of without) {
    if (!leftOut.some(({ logicalId, type }) => name === logicalId || name === type))
      throw new LocalRunError(`--without ${name}: no resource of the template has that type or logical id`);
  }
  if (leftOut.length > 0) log.say('left out:');
  for (const { logicalId, type, referredBy } of leftOut) {
    const referrers = referredBy.length === 0 ? '' : ` — referred to by ${referredBy.join(', ')}`;
    log.say(`  ${logicalId}, ${type}${referrers}`);
  }
}

/** Says what of the template has no effect here although its type runs. */
export function printRemarks({ notHonoured, standIns }: Remarks, log: Log): void {
  if (notHonoured.size > 0) log.say('properties without effect on this machine:');
  for (const [type, names] of notHonoured) log.say(`  ${type}: ${names.join(', ')}`);
  if (standIns.size > 0) log.say('made-up values, for what does not run on this machine:');
  for (const [reference, properties] of standIns) log.say(`  ${reference} in ${properties.join(', ')}`);
}

/** Says where each API is, with its stages. */
export function printApis(apis: readonly ApiModel[], urls: ReadonlyMap<string, string>, log: Log): void {
  for (const api of apis) {
    const paths = stagePaths(api).map((path) => `${urls.get(api.logicalId)}${path}`);
    log.say(`API ${api.displayName}: ${paths.join(', ') || 'not served, for it has no stage'}`);
  }
}

/** What each fault target stands for: `{ users: [{ surface: 'table', name: 'table fibrin-profile-local-Users…' }] }`. */
export function affectedBy(model: AppModel): Record<string, Affected[]> {
  const affected: Record<string, Affected[]> = {};
  const add = (target: string, surface: Affected['surface'], name: string) => {
    affected[target] = [...(affected[target] ?? []), { surface, name }];
  };
  for (const { faultTarget, tableName } of model.tables)
    if (faultTarget) add(faultTarget, 'table', `table ${tableName}`);
  for (const { faultTargets, logicalId } of model.urls) {
    for (const [target, path] of Object.entries(faultTargets))
      add(target, 'service', `${path}… of function URL ${logicalId}`);
  }
  for (const { name } of model.buses) add('bus', 'bus', `event bus ${name}`);
  return affected;
}

export const timeScaleLine = (scale: number): string =>
  scale === 1
    ? "time scale: 1, AWS's own pace for retries, visibility timeouts and schedules; --time-scale N is N times faster"
    : `time scale: ${scale}, retries, visibility timeouts and schedules pass ${scale} times faster; functions do not`;

/** What of functions is not as it will be on Lambda: the version of Node, and layers of others. */
export function runtimeLines(functions: readonly FunctionModel[]): readonly string[] {
  const here = process.versions.node;
  const others = [...new Set(functions.map(({ runtime }) => runtime))].filter(
    (runtime) => majorOf(runtime) !== Number(here.split('.')[0]),
  );
  return [
    ...others.map((runtime) => `${runtime}: run by its own rules, but by this machine's Node ${here}`),
    ...functions.flatMap(({ displayName, foreignLayers }) =>
      foreignLayers.map(
        (arn) => `${displayName}: layer ${arn} is not of this app, and not on this machine; it is left out`,
      ),
    ),
  ];
}

/** What has happened since the run began, as the terminal counts it. */
export function activityCounts(
  functions: Iterable<LocalFunction>,
  kills: Counts,
  traffic: ReturnType<FaultSwitches['traffic']>,
): Readonly<Record<string, Counts>> {
  const states = [...functions].map((fn) => fn.state());
  const of = (count: 'coldStarts' | 'throttles' | 'timeouts'): Counts =>
    Object.fromEntries(states.map((state) => [state.name, state[count]]));
  return {
    'cold start|cold starts': of('coldStarts'),
    'throttle|throttles': of('throttles'),
    'timeout|timeouts': of('timeouts'),
    'kill|kills': kills,
    'fault|faults': Object.fromEntries(
      Object.entries(traffic).map(([target, { faulted }]) => [target, faulted]),
    ),
  };
}

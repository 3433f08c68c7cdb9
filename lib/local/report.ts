import type { Affected } from './faults.ts';
import { majorOf } from './lambda/runtime-rules.ts';
import type { Log } from './log.ts';
import { LocalRunError } from './problem.ts';
import type { FunctionModel } from './template/functions.ts';
import type { AppModel, ClassCount } from './template/model.ts';

/**
 * Prints what becomes of each resource type.
 * @throws {LocalRunError} when the template holds one that is refused.
 */
export function printClasses(classes: readonly ClassCount[], log: Log): void {
  for (const kind of ['run', 'ignored', 'refused'] as const) {
    const members = classes.filter((member) => member.class.kind === kind);
    log.say(`${kind}: ${members.length === 0 ? 'none' : ''}`.trimEnd());
    for (const { type, count, class: resourceClass } of members) {
      log.say(
        `  ${String(count).padStart(3)} × ${type}${'why' in resourceClass ? ` — ${resourceClass.why}` : ''}`,
      );
    }
  }
  const refused = classes.filter((member) => member.class.kind === 'refused').map(({ type }) => type);
  if (refused.length > 0) {
    throw new LocalRunError(
      `the template holds ${refused.join(', ')}, which the local run cannot serve; leave it out for -c stage=local`,
    );
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

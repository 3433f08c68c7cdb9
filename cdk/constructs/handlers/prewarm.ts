import { type Clock, sleep, systemClock } from '#core/clock';
import { WARMUP_SOURCE } from '#core/warmup';
import { answer, type ResourceEvent } from './cloudformation.ts';
import { type Invoke, invokeWith } from './invoke.ts';

interface Dependencies {
  readonly invoke: Invoke;
  readonly clock: Clock;
}

/** Between attempts that were refused for something that passes. */
const WAIT_MS = 2_000;

/** `arn:…:function:name:7`, in its two parts that say what it is. */
function versionOf(arn: string | undefined): { readonly fn: string; readonly number: number } {
  const parts = (arn ?? '').split(':');
  return { fn: parts.slice(0, 7).join(':'), number: Number(parts[7]) };
}

/**
 * Whether the deployment brings a version that has not run. The numbers of a function's versions only grow, so a lower one than
 * before is that of a rollback: it has served, and must not stand in the way.
 */
function isNew({ RequestType, ResourceProperties, OldResourceProperties }: ResourceEvent): boolean {
  if (RequestType !== 'Update') return RequestType === 'Create';
  const next = versionOf(ResourceProperties['Version']);
  const last = versionOf(OldResourceProperties?.['Version']);
  return next.fn !== last.fn || next.number > last.number;
}

/** The type of the error with which the version ended; undefined where it has answered. */
async function errorOf(properties: ResourceEvent['ResourceProperties'], { invoke, clock }: Dependencies) {
  const { Version: arn = '', Payload, TimeoutMs } = properties;
  const payload = Payload ?? JSON.stringify({ source: WARMUP_SOURCE });
  const until = clock.monotonic() + Number(TimeoutMs);
  for (;;) {
    const result = await invoke(arn, payload, until - clock.monotonic());
    if (result.kind === 'answer') return undefined;
    if (!result.passing || clock.monotonic() + WAIT_MS >= until) return result.errorType;
    await sleep(clock, WAIT_MS);
  }
}

function reasonOf(arn: string | undefined, errorType: string): string {
  const [name, version] = (arn ?? '').split(':').slice(6);
  return `Version ${version} of ${name} did not answer: ${errorType}. Its log says why. No traffic has moved to it.`;
}

/**
 * Invokes a new version before an alias moves to it. CloudFormation gets an answer whatever happens: the invocation ends in time,
 * and what else is thrown becomes the reason.
 */
export const prewarmWith =
  (dependencies: Dependencies) =>
  async (event: ResourceEvent): Promise<void> => {
    const { ResourceProperties: properties } = event;
    const errorType = isNew(event)
      ? await errorOf(properties, dependencies).catch((error: unknown) => (error as Error).name)
      : undefined;
    const failure = errorType && reasonOf(properties['Version'], errorType);
    await answer(event, failure, dependencies.clock);
  };

export const prewarm: ReturnType<typeof prewarmWith> = prewarmWith({
  invoke: invokeWith(),
  clock: systemClock,
});

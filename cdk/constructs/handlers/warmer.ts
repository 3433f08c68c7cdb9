import { type Clock, systemClock } from '#core/clock';
import { WARMING } from '#core/metric-names';
import { checkOptions } from '#core/options';
import * as rule from '#core/rules';
import { MAX_HOLD_MS } from '#core/warmup';
import { type Invoke, invokeWith } from './invoke.ts';
import { pingAll } from './pings.ts';

/** What a schedule sends. */
export interface WarmerEvent {
  /** The ARN of the alias. */
  readonly target: string;
  readonly environments: number;
  readonly holdMs: number;
  readonly namespace: string;
}

export interface WarmerContext {
  getRemainingTimeInMillis(): number;
}

export interface WarmerResult {
  readonly requested: number;
  readonly environments: number;
  readonly errors: Readonly<Record<string, number>>;
}

interface Dependencies {
  readonly invoke: Invoke;
  readonly clock: Clock;
  /** Writes one line to the log as it is. */
  readonly write: (line: string) => void;
}

/** Left for the metrics. */
const RESERVE_MS = 2_000;

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function metricLine(namespace: string, name: string, values: Readonly<Record<string, number>>, now: number) {
  const { dimensions, units } = WARMING;
  const metrics = Object.entries(units).map(([Name, Unit]) => ({ Name, Unit }));
  const directive = { Namespace: namespace, Dimensions: [dimensions], Metrics: metrics };
  return JSON.stringify({
    _aws: { Timestamp: now, CloudWatchMetrics: [directive] },
    [dimensions[0]]: name,
    ...values,
  });
}

const RULES = {
  required: {
    target: rule.text(),
    environments: rule.integer(1),
    holdMs: rule.durationMs(0, MAX_HOLD_MS),
    namespace: rule.text(),
  },
};

/** Keeps environments of one alias warm, and says how many it has met: in metrics, and in a line of the log where they are too few. */
export const warmerWith =
  ({ invoke, clock, write }: Dependencies) =>
  async (event: WarmerEvent, context: WarmerContext): Promise<WarmerResult> => {
    const { target, environments: requested, holdMs, namespace } = checkOptions('warmer', event, RULES);
    const name = target.split(':')[6] ?? target;
    const leftMs = () => context.getRemainingTimeInMillis() - RESERVE_MS;
    const { environments, unnamed, errors } = await pingAll({
      arn: target,
      environments: requested,
      holdMs,
      leftMs,
      invoke,
    });
    const values = { WarmingRequested: requested, WarmingEnvironments: environments };
    write(metricLine(namespace, name, values, clock.now()));
    if (environments < requested)
      write(
        JSON.stringify({
          level: 'WARN',
          message: `${environments} of ${requested} environments are warm`,
          ...{ function: name, errors, answersWithoutEnvironment: unnamed },
        }),
      );
    return { requested, environments, errors };
  };

/** Past the console, which Lambda's JSON logs would wrap. */
const toStdout = (line: string): void => void process.stdout.write(`${line}\n`);

export const warmer: ReturnType<typeof warmerWith> = warmerWith({
  invoke: invokeWith(),
  clock: systemClock,
  write: toStdout,
});

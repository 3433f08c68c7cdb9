import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type LocalRun, startLocalRun } from '../../lib/local/run.ts';
import { synthesize } from '../../lib/local/synth.ts';
import { evaluateAlarms } from '../support/alarms/evaluate.ts';
import { Recording } from '../support/alarms/recording.ts';
import { metricAlarmsOf, type ReadMetric, type TemplateJson } from '../support/alarms/template-alarms.ts';
import { apiOf, type RunState } from '../support/api.ts';
import { readEmf } from '../support/emf.ts';
import { atEndOfFile } from '../support/ends.ts';
import { eventually } from '../support/eventually.ts';
import { stackOf } from '../support/stacks.ts';

const APP = fileURLToPath(new URL('../cdk/warm-app', import.meta.url));
const INTERVAL_MINUTES = 5;
/** A run every three seconds. */
const TIME_SCALE = 100;

type Met = ReturnType<typeof readEmf>;

const metrics: Met[] = [];
const logged: string[] = [];
let run: LocalRun;
let state: () => Promise<RunState>;
let template: TemplateJson;

beforeAll(async () => {
  const { signal } = new AbortController();
  run = await startLocalRun({
    ...{ project: APP, port: 0, dynamodb: 'dynalite', timeScale: TIME_SCALE },
    ...{ concurrencyPerSandbox: 1, fresh: false, signal },
    log: {
      say: (line) => void logged.push(line),
      output: (_, line) =>
        void (line.startsWith('{"_aws"') ? metrics.push(readEmf(line)) : logged.push(line)),
    },
  });
  atEndOfFile(() => run.stop());
  state = apiOf(run.url).state;
  const { folder } = await synthesize({ project: APP, fresh: false, signal });
  ({ template } = stackOf(folder));
});

const of = (name: string) =>
  metrics.filter(({ dimensions }) => String(dimensions['function']).includes(name));
/** The latest four. In the first runs a ping that waits may get the environment that another has just held. */
const settledRunsOf = (name: string) =>
  of(name)
    .slice(-4)
    .map(({ metrics: { WarmingRequested, WarmingEnvironments } }) => [WarmingRequested, WarmingEnvironments]);

/** What has been met lately as CloudWatch has it: one run in each interval. */
const recordingOf = ({ name, dimensions }: ReadMetric): Recording => {
  const wanted = ['Wide', 'Narrow'].find((id) => JSON.stringify(dimensions).includes(id)) ?? '';
  return new Recording(
    of(wanted)
      .slice(-4)
      .flatMap(({ metrics: values }) => [
        Number(values[name]),
        ...Array.from({ length: INTERVAL_MINUTES - 1 }, () => undefined),
      ]),
  );
};

describe('a warmer in the local run', () => {
  it('warms ten environments where ten are asked for', async () => {
    await eventually(() => settledRunsOf('Wide')).toEqual(Array.from({ length: 4 }, () => [10, 10]));
    const { functions } = await state();
    expect(functions.find(({ name }) => name === 'Wide')?.sandboxes).toHaveLength(10);
  });

  it('says how many are missing where eight are allowed, and why', async () => {
    await eventually(() => settledRunsOf('Narrow')).toEqual(Array.from({ length: 4 }, () => [10, 8]));
    expect(logged.filter((line) => line.includes('"WARN"')).map((line) => JSON.parse(line))).toContainEqual({
      level: 'WARN',
      message: '8 of 10 environments are warm',
      function: expect.stringContaining('Narrow'),
      errors: { TooManyRequestsException: 2 },
      answersWithoutEnvironment: 0,
    });
  });

  it("has the template's alarm go off for the one and not for the other", async () => {
    await eventually(() => Math.min(of('Wide').length, of('Narrow').length)).toBeGreaterThanOrEqual(4);
    const history = evaluateAlarms(template, recordingOf, { until: 4 * INTERVAL_MINUTES });
    const functionOf = new Map(
      metricAlarmsOf(template).map(({ id, description }) => [id, /Wide|Narrow/.exec(description)?.[0]]),
    );
    const states = [...(history.at(-1) ?? [])].map(([id, alarm]) => [functionOf.get(id), alarm]);
    expect(Object.fromEntries(states)).toEqual({ Wide: 'OK', Narrow: 'ALARM' });
  });

  it('is invoked by schedules that try once, none of whose runs is lost', async () => {
    const { schedules, queues } = await state();
    expect(schedules).toHaveLength(2);
    expect(schedules).toEqual(
      Array.from({ length: 2 }, () =>
        expect.objectContaining({ expression: 'cron(0/5 * ? * * *)', retries: 0, deadLettered: 0 }),
      ),
    );
    expect(queues).toMatchObject([{ depth: { visible: 0 } }]);
  });
});

import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import { startActivity } from './activity.ts';
import { type Addresses, startAddresses } from './addresses.ts';
import type { EngineChoice } from './dynamodb/choice.ts';
import { startEngine } from './dynamodb/engine.ts';
import { startTables } from './dynamodb/service.ts';
import { type EventServices, startEventServices } from './event-services.ts';
import { startEventSources } from './event-sources.ts';
import { type FaultSwitches, faultSwitches } from './faults.ts';
import { type Front, startFront } from './front.ts';
import { addFunctions } from './functions.ts';
import { startLambdaApi } from './lambda/api.ts';
import type { LocalFunction, SandboxSettings } from './lambda/function.ts';
import { invokeOperation } from './lambda/invoke-api.ts';
import { getProvisionedConcurrencyConfig } from './lambda/provisioned-api.ts';
import type { Log } from './log.ts';
import { addressOf, type Opened, opened } from './opened.ts';
import { startOtherServices } from './other-services.ts';
import { platformClock } from './platform-clock.ts';
import { type Processes, startProcesses } from './processes.ts';
import { queueControl } from './queue-control.ts';
import { type App, type AppOptions, readApp } from './read-app.ts';
import {
  activityCounts,
  affectedBy,
  printApis,
  printIdle,
  printRemarks,
  runtimeLines,
  timeScaleLine,
} from './report.ts';
import { runState } from './run-state.ts';
import { sandboxControl } from './sandbox-control.ts';

export interface LocalRunOptions extends AppOptions {
  /** Port of the HTTP API. 0 takes any that is free. */
  readonly port: number;
  readonly dynamodb: EngineChoice;
  /** How many times faster than AWS's the platform's own delays pass. 1 to 1,000. */
  readonly timeScale: number;
  /** How many invocations a sandbox takes at once where the template does not say. Integer, 1 to 64. */
  readonly concurrencyPerSandbox: number;
  /** How long a sandbox may do nothing before it ends. Milliseconds, default 300,000. */
  readonly idleMs?: number;
  /** A file with the keys by which tokens are verified. */
  readonly jwks?: string | undefined;
  readonly log: Log;
  /** Ends the run, also while it starts. */
  readonly signal: AbortSignal;
}

export interface LocalRun {
  readonly url: string;
  /** Ends every process and closes every port. */
  stop(): Promise<void>;
}

const IDLE_MS = 300_000;

/** An engine that did not start needs no end; its error reaches the caller from where it is awaited. */
const noEngine = () => async (): Promise<void> => undefined;

/** The variables by which SDK clients find the services of this machine. */
const endpointsOf = (
  tables: string,
  lambda: string,
  { buses, sqs, sns, s3 }: EventServices,
  { storedValues }: Addresses,
): Record<string, string> => ({
  AWS_ENDPOINT_URL_DYNAMODB: tables,
  AWS_ENDPOINT_URL_EVENTBRIDGE: addressOf(buses),
  AWS_ENDPOINT_URL_LAMBDA: lambda,
  ...(storedValues && {
    AWS_ENDPOINT_URL_SSM: storedValues,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: storedValues,
  }),
  ...(sqs && { AWS_ENDPOINT_URL_SQS: sqs.endpoint }),
  ...(sns && { AWS_ENDPOINT_URL_SNS: sns.endpoint }),
  ...(s3 && { AWS_ENDPOINT_URL_S3: s3.endpoint }),
});

/** A run that has read its app. */
interface Running {
  readonly options: LocalRunOptions;
  readonly app: App;
  readonly run: Opened;
  readonly front: Front;
  readonly processes: Processes;
  readonly faults: FaultSwitches;
  /** By name. Filled once everything has an address that they are given. */
  readonly functions: Map<string, LocalFunction>;
}

/** Starts what has no need of functions that are ready: events, Lambda itself, and everything that has an address. */
async function startServices({ options, app: { model, region }, run, front, faults, functions }: Running) {
  const { timeScale, jwks } = options;
  const platform = platformClock(timeScale);
  const services = await startEventServices({ model, functions, faults, platform, timeScale, region });
  run.atEnd(services.stop);
  const { buses, sqs, sns, s3 } = services;
  run.connections(buses, ...[sqs, sns, s3].filter((each) => each !== undefined));
  const { aliasOf } = model;
  const lambda = run.server(
    await startLambdaApi({
      Invoke: invokeOperation({ functions, aliasOf, accept: services.accept }),
      GetProvisionedConcurrencyConfig: getProvisionedConcurrencyConfig({ functions, aliasOf }),
    }),
  );
  const given = { model, functions, faults, services, run };
  const addresses = await startAddresses({ ...given, front: front.url, jwks });
  return { platform, services, lambda, addresses };
}

/** Starts everything that the template describes, and serves it once all of it is ready. */
async function serveApp(running: Running, tables: Awaited<ReturnType<typeof startTables>>): Promise<void> {
  const { options, app, run, front, processes, faults, functions } = running;
  const { model, classes, reader, region } = app;
  const { project, log, signal, timeScale } = options;
  const { platform, services, lambda, addresses } = await startServices(running);
  const endpoints = endpointsOf(tables.endpoint, lambda, services, addresses);
  const others = await startOtherServices(log);
  run.server(others);

  const settings: SandboxSettings = {
    freeze: true,
    maxConcurrencyPerSandbox: options.concurrencyPerSandbox,
    idleMs: options.idleMs ?? IDLE_MS,
  };
  for (const line of runtimeLines(model.functions)) log.say(line);
  await addFunctions(functions, {
    ...{ model, region, project, processes, settings, faults, others, endpoints, log },
    addresses: addresses.ofReferences,
  });
  // Now everything has been read.
  printRemarks(reader.remarks(), log);
  const [engine] = await Promise.all([tables.ready, ...[...functions.values()].map((fn) => fn.warm())]);
  signal.throwIfAborted();
  const sources = await startEventSources({ model, functions, services, engine, platform, region });
  run.atEnd(sources.stop);

  const queues = queueControl(model, services.sqs);
  const sandboxes = sandboxControl(functions, settings);
  const counts = () => activityCounts(functions.values(), sandboxes.kills(), faults.traffic());
  const activity = startActivity({ clock: systemClock, say: log.say, counts, changes: tables.changes });
  run.atEnd(async () => activity.stop());
  const state = () =>
    runState({
      ...{
        model,
        classes,
        timeScale,
        engine,
        endpoints,
        functions,
        addresses,
        services,
        sources,
        queues,
        faults,
      },
    });
  printApis(model.apis, addresses.apis, log);
  front.open(addresses.serveFirst, { faults, state, queues, sandboxes, closeIdleSockets: run.closeIdle });
}

/**
 * Runs a synthesized CDK app on this machine: its tables in a local DynamoDB, its functions in processes that speak the
 * Runtime API, its HTTP API and function URLs on loopback ports, its buses, queues, streams and schedules in between.
 * @throws {LocalRunError} when it cannot; nothing is left running then.
 */
export async function startLocalRun(options: LocalRunOptions): Promise<LocalRun> {
  const { project, log, signal } = options;
  const run = opened();
  const ending = new AbortController();
  const stop = async () => {
    ending.abort();
    await run.closeAll();
  };
  try {
    // The port first: when it is taken, the user need not wait for a synthesis to learn that.
    const front = await startFront(options.port, run);
    const processes = startProcesses();
    run.atEnd(processes.end);

    // The database starts beside the synthesis. Whatever fails meanwhile, it is waited for and ended.
    const starting = startEngine(options.dynamodb, processes, log, ending.signal);
    const engineEnd = starting.then((engine) => engine.stop, noEngine);
    run.atEnd(async () => (await engineEnd)());
    const app = await readApp(options, log, signal);
    printIdle(app.model, log);
    signal.throwIfAborted();
    log.say(timeScaleLine(options.timeScale));

    const faults = faultSwitches(affectedBy(app.model), systemRandom);
    // The functions start beside the tables, which take as long.
    const tables = await startTables({ tables: app.model.tables, starting, project, faults, log, run });
    await serveApp({ options, app, run, front, processes, faults, functions: new Map() }, tables);
    return { url: front.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

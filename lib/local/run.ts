import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import { startActivity } from './activity.ts';
import { bootstrapFile } from './bootstrap-file.ts';
import { breakerWatch } from './breaker-watch.ts';
import { readBreakers } from './breakers.ts';
import { codePlaces } from './code/place.ts';
import { serveControl } from './control.ts';
import type { EngineChoice } from './dynamodb/choice.ts';
import { startEngine } from './dynamodb/engine.ts';
import { startDynamoDbProxy } from './dynamodb/proxy.ts';
import { createTables } from './dynamodb/tables.ts';
import { emulateTransactions } from './dynamodb/transactions.ts';
import { startEventServices } from './event-services.ts';
import { startEventSources } from './event-sources.ts';
import { faultSwitches } from './faults.ts';
import { startApis } from './http/apis.ts';
import { hostOf, startFunctionUrl } from './http/function-url.ts';
import { keysOf } from './http/jwt.ts';
import { guarded, type Listening, listen, refuseOtherHosts, refuseStrangers, send } from './http/server.ts';
import { serviceAnswer } from './http/service-answer.ts';
import { startLambdaApi } from './lambda/api.ts';
import { type LocalFunction, localFunction, type SandboxSettings } from './lambda/function.ts';
import { invokeOperation } from './lambda/invoke-api.ts';
import { getProvisionedConcurrencyConfig } from './lambda/provisioned-api.ts';
import { turns } from './lambda/turns.ts';
import type { Log } from './log.ts';
import { startOtherServices } from './other-services.ts';
import { platformClock } from './platform-clock.ts';
import { startProcesses } from './processes.ts';
import { queueControl } from './queue-control.ts';
import { type AppOptions, readApp } from './read-app.ts';
import {
  activityCounts,
  affectedBy,
  printApis,
  printIdle,
  printRemarks,
  runtimeLines,
  timeScaleLine,
} from './report.ts';
import { sandboxControl } from './sandbox-control.ts';
import { startStoredValuesApi } from './stored-values-api.ts';

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

/** The sandboxes of a function that reserves no concurrency: what an account shares is more than a laptop has. */
const DEFAULT_CONCURRENCY = 10;
const IDLE_MS = 300_000;

/** An engine that did not start needs no end; its error reaches the caller from where it is awaited. */
const noEngine = () => async (): Promise<void> => undefined;

/** Which pages may call the app is for its template to say. */
const APP_GUARD = { refuse: refuseOtherHosts };

const addressOf = ({ port }: Listening): string => `http://127.0.0.1:${port}`;

/**
 * Runs a synthesized CDK app on this machine: its tables in a local DynamoDB, its functions in processes that speak the
 * Runtime API, its HTTP API and function URLs on loopback ports, its buses, queues, streams and schedules in between.
 * @throws {LocalRunError} when it cannot; nothing is left running then.
 */
export async function startLocalRun(options: LocalRunOptions): Promise<LocalRun> {
  const { project, log, signal, timeScale } = options;
  const closers: (() => Promise<void>)[] = [];
  const ending = new AbortController();
  const stop = async () => {
    ending.abort();
    const failures: unknown[] = [];
    for (const close of closers.splice(0).reverse())
      await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'the local run did not end cleanly');
  };
  try {
    // The port first: when it is taken, nobody wants to wait for a synthesis to learn that.
    let serve = guarded(async (_, response) => send(response, serviceAnswer(503, 'Still starting')));
    const front = await listen(options.port, (request, response) => serve(request, response));
    closers.push(front.close);
    const processes = startProcesses();
    closers.push(processes.end);

    // The database starts beside the synthesis. Whatever fails meanwhile, it is waited for and ended.
    const starting = startEngine(options.dynamodb, processes, log, ending.signal);
    const engineEnd = starting.then((engine) => engine.stop, noEngine);
    closers.push(async () => (await engineEnd)());
    const { model, classes, reader, region } = await readApp(options, log, signal);
    printIdle(model, log);

    signal.throwIfAborted();
    log.say(timeScaleLine(timeScale));

    // The functions start beside the tables, which take as long.
    const tablesReady = starting.then(async (engine) => {
      const weaker = engine.weaker.length === 0 ? '' : `, weaker than DynamoDB: ${engine.weaker.join('; ')}`;
      log.say(`tables: ${engine.name}${weaker}`);
      await createTables(model.tables, engine, project);
      return engine;
    });

    const faults = faultSwitches(affectedBy(model), systemRandom);
    const functions = new Map<string, LocalFunction>();
    const servers: Pick<Listening, 'closeIdle'>[] = [];
    const opened = (server: Listening) => {
      closers.push(server.close);
      servers.push(server);
      return addressOf(server);
    };

    const watch = breakerWatch(
      tablesReady.then(({ endpoint }) => endpoint),
      systemClock.now,
    );
    const targets = new Map(model.tables.map(({ tableName, faultTarget }) => [tableName, faultTarget]));
    const tables = opened(
      await startDynamoDbProxy({
        behind: tablesReady.then(({ endpoint, transactions }) => ({
          endpoint,
          transactions: transactions ? undefined : emulateTransactions(endpoint),
        })),
        faults,
        targetOf: (name) => targets.get(name),
        onWrite: watch.wrote,
      }),
    );
    const platform = platformClock(timeScale);
    const services = await startEventServices({
      ...{ model, functions, faults, platform, timeScale, region },
    });
    closers.push(services.stop);
    servers.push(
      services.buses,
      ...[services.sqs, services.sns, services.s3].filter((each) => each !== undefined),
    );
    const { aliasOf } = model;
    const lambda = opened(
      await startLambdaApi({
        Invoke: invokeOperation({ functions, aliasOf, accept: services.accept }),
        GetProvisionedConcurrencyConfig: getProvisionedConcurrencyConfig({ functions, aliasOf }),
      }),
    );

    const functionUrls = new Map<string, string>();
    const namedUrls = new Map<string, string>();
    for (const url of model.urls) {
      const listening = await startFunctionUrl(url, functions, faults, model.account);
      functionUrls.set(url.logicalId, `${opened(listening)}/`);
      namedUrls.set(url.logicalId, `http://${hostOf(url)}:${listening.port}/`);
    }
    const queueUrls = new Map(
      model.queues.map(({ logicalId, queueName }) => [logicalId, services.sqs?.urlOfName(queueName) ?? '']),
    );
    const keys = keysOf(model.apis, options.jwks);
    const apis = await startApis(model.apis, { functions, account: model.account, keys });
    const apiUrls = new Map(model.apis.slice(0, 1).map(({ logicalId }) => [logicalId, addressOf(front)]));
    for (const { model: api, listening } of apis.others) apiUrls.set(api.logicalId, opened(listening));
    const addresses = new Map([...namedUrls, ...queueUrls, ...apiUrls]);
    const stored = model.storedValues(addresses);
    const hasStored = stored.parameters.size + stored.secrets.size > 0;
    const storedValues = hasStored ? opened(await startStoredValuesApi(stored)) : undefined;
    const endpoints = {
      AWS_ENDPOINT_URL_DYNAMODB: tables,
      AWS_ENDPOINT_URL_EVENTBRIDGE: addressOf(services.buses),
      AWS_ENDPOINT_URL_LAMBDA: lambda,
      ...(storedValues && {
        AWS_ENDPOINT_URL_SSM: storedValues,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: storedValues,
      }),
      ...(services.sqs && { AWS_ENDPOINT_URL_SQS: services.sqs.endpoint }),
      ...(services.sns && { AWS_ENDPOINT_URL_SNS: services.sns.endpoint }),
      ...(services.s3 && { AWS_ENDPOINT_URL_S3: services.s3.endpoint }),
    };

    const others = await startOtherServices(log);
    opened(others);

    const settings: SandboxSettings = {
      freeze: true,
      maxConcurrencyPerSandbox: options.concurrencyPerSandbox,
      idleMs: options.idleMs ?? IDLE_MS,
    };
    const takeTurn = turns(availableParallelism());
    const bootstrap = await bootstrapFile(join(project, '.fibrin'));
    const places = await codePlaces(project, processes);
    for (const line of runtimeLines(model.functions)) log.say(line);
    for (const fn of model.functions) {
      const environment = {
        AWS_ENDPOINT_URL: others.urlOf(fn.displayName),
        ...model.environmentOf(fn, addresses),
        ...endpoints,
      };
      const called = model.urls.filter((url) =>
        Object.values(environment).some((value) => value.includes(hostOf(url))),
      );
      functions.set(
        fn.functionName,
        localFunction({
          ...{ model: fn, account: model.account, region, processes, bootstrap, settings, takeTurn },
          code: await places.place(fn),
          defaultConcurrency: DEFAULT_CONCURRENCY,
          environment,
          unresolvedNames: () =>
            called
              .filter(({ faultTargets }) => Object.keys(faultTargets).some(faults.isUnresolved))
              .map(hostOf),
          onOutput: (line) => log.output(fn.displayName, line),
        }),
      );
    }
    // Now everything has been read.
    printRemarks(reader.remarks(), log);
    const [engine] = await Promise.all([tablesReady, ...[...functions.values()].map((fn) => fn.warm())]);
    signal.throwIfAborted();
    const sources = await startEventSources({ model, functions, services, engine, platform, region });
    closers.push(sources.stop);

    const queues = queueControl(model, services.sqs);
    const state = async () => ({
      stack: model.stackName,
      timeScale,
      dynamodb: { engine: engine.name, weaker: engine.weaker },
      endpoints,
      functions: [...functions.values()].map((fn) => fn.state()),
      apis: Object.fromEntries(apiUrls),
      functionUrls: Object.fromEntries(functionUrls),
      tables: model.tables.map(({ tableName, logicalId }) => ({ name: tableName, logicalId })),
      ...services.state(),
      queues: await queues.states(),
      ...sources.state(),
      faults: faults.list(),
      traffic: faults.traffic(),
      breakers: (
        await Promise.all(
          model.tables.map(({ tableName }) => readBreakers(engine.endpoint, tableName, systemClock.now())),
        )
      ).flat(),
      resources: classes,
    });
    const sandboxes = sandboxControl(functions, settings);
    const { changes } = watch;
    const counts = () => activityCounts(functions.values(), sandboxes.kills(), faults.traffic());
    const activity = startActivity({ clock: systemClock, say: log.say, counts, changes });
    closers.push(async () => activity.stop());
    const control = {
      ...{ faults, state, queues, sandboxes },
      closeIdleSockets() {
        for (const server of servers) server.closeIdle();
      },
    };
    printApis(model.apis, apiUrls, log);
    serve = guarded(async (request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      if (!path.startsWith('/_fibrin/')) return apis.first(request, response);
      refuseStrangers(request);
      await serveControl(request, response, control);
    }, APP_GUARD);
    return { url: addressOf(front), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

import { join } from 'node:path';
import { systemRandom } from '../core/random.ts';
import { bootstrapFile } from './bootstrap-file.ts';
import { readBreakers } from './breakers.ts';
import { serveControl } from './control.ts';
import { type EngineChoice, startEngine } from './dynamodb/engine.ts';
import { startDynamoDbProxy } from './dynamodb/proxy.ts';
import { createTables } from './dynamodb/tables.ts';
import { faultSwitches } from './faults.ts';
import { serveFunctionUrl, serveHttpApi, serviceAnswer } from './http/front.ts';
import { routeFinder } from './http/routes.ts';
import { guarded, type Listening, listen, send } from './http/server.ts';
import { meetWireFault } from './http/wire-faults.ts';
import { type LocalFunction, localFunction } from './lambda/function.ts';
import type { Log } from './log.ts';
import { LocalRunError } from './problem.ts';
import { startProcesses } from './processes.ts';
import { synthesize } from './synth.ts';
import { readAssembly } from './template/assembly.ts';
import type { UrlModel } from './template/http.ts';
import { type AppModel, type ClassCount, readClasses, readModel } from './template/model.ts';

export interface LocalRunOptions {
  /** The folder with `cdk.json`. */
  readonly project: string;
  /** Port of the HTTP API. 0 takes any that is free. */
  readonly port: number;
  readonly dynamodb: EngineChoice;
  readonly fresh: boolean;
  readonly log: Log;
  /** Ends the run, also while it starts. */
  readonly signal: AbortSignal;
}

export interface LocalRun {
  readonly url: string;
  /** Ends every process and closes every port. */
  stop(): Promise<void>;
}

const REGION = 'us-east-1';
/** For a function that reserves no concurrency: what an account shares is more than a laptop has. */
const DEFAULT_CONCURRENCY = 10;

function printClasses(classes: readonly ClassCount[], log: Log): void {
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

/** What each fault target stands for: `{ users: ['table fibrin-profile-local-Users…'] }`. */
function affectedBy(model: AppModel): Record<string, string[]> {
  const affected: Record<string, string[]> = {};
  const add = (target: string, what: string) => {
    affected[target] = [...(affected[target] ?? []), what];
  };
  for (const { faultTarget, tableName } of model.tables)
    if (faultTarget) add(faultTarget, `table ${tableName}`);
  for (const { faultTargets, logicalId } of model.urls) {
    for (const [target, path] of Object.entries(faultTargets))
      add(target, `${path}… of function URL ${logicalId}`);
  }
  return affected;
}

/** An engine that did not start needs no end; its error reaches the caller from where it is awaited. */
const noEngine = () => async (): Promise<void> => undefined;

const targetOfPath = ({ faultTargets }: UrlModel, path: string): string | undefined =>
  Object.entries(faultTargets).find(([, prefix]) => path.startsWith(prefix))?.[0];

/**
 * Runs a synthesized CDK app on this machine: its tables in a local DynamoDB, its functions in processes that speak the
 * Runtime API, its HTTP API and function URLs on loopback ports.
 * @throws {LocalRunError} when it cannot; nothing is left running then.
 */
export async function startLocalRun(options: LocalRunOptions): Promise<LocalRun> {
  const { project, log, signal } = options;
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
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
    const starting = startEngine(options.dynamodb, processes, log);
    const engineEnd = starting.then((engine) => engine.stop, noEngine);
    closers.push(async () => (await engineEnd)());
    log.say('synthesizing …');
    const { folder, cached } = await synthesize({ project, fresh: options.fresh, signal });
    const assembly = readAssembly(folder);
    log.say(`${cached ? 'unchanged since the last synthesis' : 'synthesized'}: stack ${assembly.stackName}`);
    const classes = readClasses(assembly, REGION);
    printClasses(classes, log);
    const model = readModel(assembly, REGION);

    signal.throwIfAborted();
    const engine = await starting;
    log.say(
      `tables: ${engine.name}${engine.weaker.length === 0 ? '' : `, weaker than DynamoDB: ${engine.weaker.join('; ')}`}`,
    );
    await createTables(model.tables, engine, project);
    signal.throwIfAborted();

    const faults = faultSwitches(affectedBy(model), systemRandom);
    const targets = new Map(model.tables.map(({ tableName, faultTarget }) => [tableName, faultTarget]));
    const proxy = await startDynamoDbProxy({
      endpoint: engine.endpoint,
      faults,
      targetOf: (name) => targets.get(name),
    });
    closers.push(proxy.close);

    const functions = new Map<string, LocalFunction>();
    const urls = new Map<string, string>();
    for (const url of model.urls) {
      const listening: Listening = await listen(
        0,
        guarded(async (request, response) => {
          const fn = functions.get(url.functionName);
          if (fn === undefined) return send(response, serviceAnswer(404, 'Not Found'));
          const target = targetOfPath(url, request.url ?? '');
          const throttled = serviceAnswer(429, 'Rate Exceeded.');
          const fault = await meetWireFault(faults, target, request, response, throttled);
          if (fault === 'answered') return;
          // What the service itself does wrong is shown by the function, if its bundle has the switches.
          delete request.headers['x-fibrin-fault'];
          if (fault) request.headers['x-fibrin-fault'] = JSON.stringify(fault);
          await serveFunctionUrl(request, response, fn, url.authType);
        }),
      );
      closers.push(listening.close);
      urls.set(url.logicalId, `http://127.0.0.1:${listening.port}/`);
    }

    const bootstrap = await bootstrapFile(join(project, '.fibrin'));
    for (const fn of model.functions) {
      functions.set(
        fn.functionName,
        localFunction({
          model: fn,
          region: REGION,
          processes,
          bootstrap,
          defaultConcurrency: DEFAULT_CONCURRENCY,
          settings: { freeze: true, capacity: 1 },
          environment: {
            ...model.environmentOf(fn, urls),
            AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${proxy.port}`,
          },
          onOutput: (line) => log.output(fn.displayName, line),
        }),
      );
    }
    await Promise.all([...functions.values()].map((fn) => fn.warm()));
    signal.throwIfAborted();

    const state = async () => ({
      stack: model.stackName,
      dynamodb: { engine: engine.name, weaker: engine.weaker },
      functions: [...functions.values()].map((fn) => fn.state()),
      functionUrls: Object.fromEntries(urls),
      tables: model.tables.map(({ tableName, logicalId }) => ({ name: tableName, logicalId })),
      faults: faults.list(),
      breakers: (
        await Promise.all(model.tables.map(({ tableName }) => readBreakers(engine.endpoint, tableName)))
      ).flat(),
      resources: classes,
    });
    const find = routeFinder(model.routes);
    serve = guarded(async (request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      if (path.startsWith('/_fibrin/')) return serveControl(request, response, { faults, state });
      await serveHttpApi(request, response, find(request.method ?? 'GET', path), functions);
    });
    return { url: `http://127.0.0.1:${front.port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

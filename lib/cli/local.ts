import { parseArgs } from 'node:util';
import { systemClock } from '../core/clock.ts';
import { InvalidOptionError } from '../core/errors.ts';
import { ENGINES, type EngineChoice } from '../local/dynamodb/choice.ts';
import { streamLog } from '../local/log.ts';
import { checkPackages, WANTED_PACKAGES } from '../local/packages.ts';
import { print } from '../terminal/print.ts';
import { untilSignal } from './until-signal.ts';

export const LOCAL_HELP: string = `fibrin local: runs the synthesized app of this folder on this machine

Usage: fibrin local [--port N] [--dynamodb auto|dynamodb-local|dynalite] [--time-scale N]
                    [--concurrency-per-sandbox N] [--idle-minutes N] [--stack NAME]... [--without TYPE|ID]...
                    [--env-file FILE] [--template FILE] [--jwks FILE] [--fresh]

  --port N      port of the HTTP API (default: PORT, else 4400)
  --dynamodb E  engine of the tables (default auto: DynamoDB Local where there is Java 17, else dynalite)
  --time-scale N  how many times faster than on AWS retries, visibility timeouts and schedules pass, 1 to 1000
                (default: FIBRIN_TIME_SCALE, else 1); functions and their timeouts keep their own pace
  --concurrency-per-sandbox N  how many invocations a sandbox takes at once, 1 to 64 (default 1, as Lambda): above 1 the
                functions run as on Managed Instances. A function with a capacity provider takes what the template says
  --idle-minutes N  how long a sandbox may do nothing before it ends, 0.01 to 1440 (default 5); the last one of a function stays
  --stack NAME  a stack to run, with those that it needs: a path or a pattern, as cdk deploy takes it (default: all of the app)
  --without TYPE|ID  leaves out the resources of a type, or the one of that logical id; it is printed what refers to them
  --env-file FILE  lines NAME=value: the values of SSM parameters and secrets by their names, and of the template's parameters
  --template FILE  runs a template of CloudFormation, JSON or YAML, in place of the app of this folder
  --jwks FILE   JSON Web Key Set with the public keys of the issuers that JWT authorizers trust
  --fresh       synthesize even when nothing has changed
  --help        this text

Prints "ready http://127.0.0.1:PORT" when it serves. GET /_fibrin/state shows what runs; PUT /_fibrin/faults/{target}
breaks it, DELETE /_fibrin/faults mends it; GET /_fibrin/queues/{name} looks into a queue; /_fibrin/sandboxes freezes,
kills and sets clocks. Ctrl-C ends everything.

Its packages are the project's own: ${WANTED_PACKAGES}`;

function portOf(text: string): number {
  const port = Number(text);
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidOptionError(
    `expected the port to be an integer from 0 to 65535, got ${JSON.stringify(text)}`,
  );
}

function timeScaleOf(text: string): number {
  const scale = Number(text);
  if (text.trim() !== '' && scale >= 1 && scale <= 1_000) return scale;
  throw new InvalidOptionError(
    `expected the time scale to be a number from 1 to 1000, got ${JSON.stringify(text)}`,
  );
}

function concurrencyOf(text: string): number {
  const concurrency = Number(text);
  if (text.trim() !== '' && Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 64)
    return concurrency;
  throw new InvalidOptionError(
    `expected the concurrency per sandbox to be an integer from 1 to 64, got ${JSON.stringify(text)}`,
  );
}

function idleMsOf(text: string): number {
  const minutes = Number(text);
  if (text.trim() !== '' && minutes >= 0.01 && minutes <= 1_440) return minutes * 60_000;
  throw new InvalidOptionError(
    `expected the idle minutes to be a number from 0.01 to 1440, got ${JSON.stringify(text)}`,
  );
}

function engineOf(text: string): EngineChoice {
  const engine = ENGINES.find((candidate) => candidate === text);
  if (engine) return engine;
  throw new InvalidOptionError(
    `expected --dynamodb to be one of ${ENGINES.join(', ')}, got ${JSON.stringify(text)}`,
  );
}

/** Runs until a signal ends it. Resolves with the exit code. */
export async function local(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      dynamodb: { type: 'string', default: 'auto' },
      'time-scale': { type: 'string' },
      'concurrency-per-sandbox': { type: 'string', default: '1' },
      'idle-minutes': { type: 'string', default: '5' },
      stack: { type: 'string', multiple: true },
      without: { type: 'string', multiple: true },
      'env-file': { type: 'string' },
      template: { type: 'string' },
      jwks: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(...LOCAL_HELP.split('\n'));
    return 0;
  }
  const port = portOf(values.port ?? process.env['PORT'] ?? '4400');
  const dynamodb = engineOf(values.dynamodb);
  const timeScale = timeScaleOf(values['time-scale'] ?? process.env['FIBRIN_TIME_SCALE'] ?? '1');
  const concurrencyPerSandbox = concurrencyOf(values['concurrency-per-sandbox']);

  const idleMs = idleMsOf(values['idle-minutes']);

  const ending = untilSignal(process, systemClock);
  const log = streamLog();
  try {
    checkPackages();
    // Only now: the text of the help needs none of the packages.
    const { startLocalRun } = await import('../local/run.ts');
    const run = await startLocalRun({
      project: process.cwd(),
      port,
      dynamodb,
      timeScale,
      concurrencyPerSandbox,
      idleMs,
      fresh: values.fresh,
      stacks: values.stack,
      without: values.without,
      envFile: values['env-file'],
      template: values.template,
      jwks: values.jwks,
      log,
      signal: ending.signal,
    });
    log.say(`ready ${run.url}`);
    const code = await ending.code;
    log.say('stopping …');
    await run.stop();
    return code;
  } catch (error) {
    if (ending.signal.aborted) return ending.code;
    throw error;
  } finally {
    ending.release();
  }
}

import { textsOf } from '../texts.ts';
import type { Assembly } from './assembly.ts';
import { functionOfArn } from './names.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';
import { refuse } from './refuse.ts';

/** An archive or a folder, or the text of `index.js` as the template holds it. */
export type CodeModel = { readonly path: string } | { readonly inline: string };

export interface FunctionModel {
  readonly logicalId: string;
  /** Name in AWS's sense, part of the ARN. */
  readonly functionName: string;
  /** Name for people: the construct's path in the stack. */
  readonly displayName: string;
  /** `nodejs24.x`. */
  readonly runtime: string;
  readonly code: CodeModel;
  /** Archives or folders of its layers: a later one covers what an earlier one has. */
  readonly layers: readonly string[];
  /** Layers that are not of this app. They are not on this machine. */
  readonly foreignLayers: readonly string[];
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly reservedConcurrency: number | undefined;
  /** How many invocations one sandbox takes at once, where a capacity provider gives it Managed Instances. */
  readonly maxConcurrencyPerSandbox: number | undefined;
}

/** What Lambda does with an asynchronous invocation. */
export interface AsyncInvokeModel {
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeSeconds: number;
  readonly onFailure?: string;
  readonly onSuccess?: string;
  readonly deadLetterQueue?: string;
}

/** What a sandbox with one virtual processor takes at once where the template does not say, in Node's runtime. */
const MANAGED_CONCURRENCY_PER_CPU = 64;

/** @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-nodejs-runtime.html */
function managedConcurrency(capacityProvider: unknown, memoryMb: number): number | undefined {
  const managed = (capacityProvider as Record<string, Properties> | undefined)?.[
    'LambdaManagedInstancesCapacityProviderConfig'
  ];
  if (managed === undefined) return undefined;
  const {
    PerExecutionEnvironmentMaxConcurrency: concurrency,
    ExecutionEnvironmentMemoryGiBPerVCpu: perCpuGiB = 2,
  } = managed;
  const cpus = Math.max(1, Math.floor(memoryMb / 1_024 / Number(perCpuGiB)));
  return Number(concurrency ?? cpus * MANAGED_CONCURRENCY_PER_CPU);
}

type Assets = Pick<Assembly, 'assetFolder'>;

function readCode(assembly: Assets, logicalId: string, code: Properties): CodeModel {
  const { ZipFile: inline, S3Key, ImageUri } = code;
  if (ImageUri !== undefined)
    return refuse(
      logicalId,
      'a container image',
      'give it a nodejs runtime, or leave it out for -c stage=local',
    );
  if (inline !== undefined) return { inline: String(inline) };
  const path = assembly.assetFolder(String(S3Key));
  return path === undefined
    ? refuse(logicalId, 'code that is no file asset', 'bundle it as an asset')
    : { path };
}

/** The archive or folder of each layer of the app, by its ARN. */
function readLayers(assembly: Assets, reader: TemplateReader): ReadonlyMap<string, string> {
  const layers = reader.ofType(['AWS::Lambda::LayerVersion'], ['Content']);
  return new Map(
    layers.map(({ logicalId, properties }) => {
      const path = assembly.assetFolder(String((properties['Content'] as Properties)['S3Key']));
      if (path === undefined)
        return refuse(logicalId, 'content that is no file asset', 'bundle it as an asset');
      return [`${reader.arnOf(logicalId)}:1`, path];
    }),
  );
}

/** What these ask of CloudFormation this run does itself, or not at all: the functions behind them do not run. */
const PROVIDED = ['Custom::S3BucketNotifications', 'Custom::S3AutoDeleteObjects'];

/** The functions behind them, by their logical ids. */
export function readProviders(reader: TemplateReader): readonly string[] {
  const tokens = new Set(
    reader.ofType(PROVIDED, ['ServiceToken']).map(({ properties }) => properties['ServiceToken']),
  );
  const functions = reader.ofType(['AWS::Lambda::Function'], []).map(({ logicalId }) => logicalId);
  return functions.filter((logicalId) => tokens.has(reader.arnOf(logicalId)));
}

export function readFunctions(assembly: Assets, reader: TemplateReader): readonly FunctionModel[] {
  const names = ['Runtime', 'Handler', 'MemorySize', 'Timeout', 'ReservedConcurrentExecutions', 'Code'];
  const known = readLayers(assembly, reader);
  const providers = readProviders(reader);
  const all = reader.ofType(['AWS::Lambda::Function'], [...names, 'Layers', 'CapacityProviderConfig']);
  const running = all.filter(({ logicalId }) => !providers.includes(logicalId));
  return running.map((resource) => {
    const { logicalId, properties, displayName } = resource;
    const { Runtime, Handler, Timeout, ReservedConcurrentExecutions } = properties;
    const memoryMb = Number(properties['MemorySize'] ?? 128);
    const code = readCode(assembly, logicalId, properties['Code'] as Properties);
    if (!/^nodejs\d/.test(String(Runtime))) {
      refuse(logicalId, `the runtime ${Runtime ?? 'none'}`, 'leave the function out for -c stage=local');
    }
    const layers = textsOf(properties['Layers']);
    return {
      logicalId,
      functionName: reader.nameOf(logicalId),
      displayName,
      runtime: String(Runtime),
      code,
      layers: layers.flatMap((arn) => known.get(arn) ?? []),
      foreignLayers: layers.filter((arn) => !known.has(arn)),
      handler: String(Handler),
      memoryMb,
      timeoutMs: Number(Timeout ?? 3) * 1_000,
      reservedConcurrency:
        ReservedConcurrentExecutions === undefined ? undefined : Number(ReservedConcurrentExecutions),
      maxConcurrencyPerSandbox: managedConcurrency(properties['CapacityProviderConfig'], memoryMb),
    };
  });
}

/** A function's own environment. */
export function readEnvironment(reader: TemplateReader, logicalId: string): Record<string, string> {
  const [resource] = reader
    .ofType(['AWS::Lambda::Function'], ['Environment'])
    .filter((fn) => fn.logicalId === logicalId);
  const environment = resource?.properties['Environment'] as { readonly Variables?: Properties } | undefined;
  return Object.fromEntries(
    Object.entries(environment?.Variables ?? {}).map(([name, value]) => [name, String(value)]),
  );
}

const destination = (config: unknown, on: string): string | undefined => {
  const target = (config as Record<string, { Destination?: unknown }> | undefined)?.[on]?.Destination;
  return target === undefined ? undefined : String(target);
};

/** What Lambda does where nothing else is said. */
export const ASYNC_DEFAULTS: AsyncInvokeModel = { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 };

/** By function name. The configuration of an alias counts for the function: there is one version on this machine. */
export function readAsyncInvokes(reader: TemplateReader): ReadonlyMap<string, AsyncInvokeModel> {
  const models = new Map<string, AsyncInvokeModel>();
  for (const resource of reader.ofType(['AWS::Lambda::Function'], ['DeadLetterConfig'])) {
    const deadLetter = (resource.properties['DeadLetterConfig'] as { TargetArn?: unknown } | undefined)
      ?.TargetArn;
    models.set(reader.nameOf(resource.logicalId), {
      ...ASYNC_DEFAULTS,
      ...(deadLetter !== undefined && { deadLetterQueue: String(deadLetter) }),
    });
  }
  const names = ['FunctionName', 'MaximumRetryAttempts', 'MaximumEventAgeInSeconds', 'DestinationConfig'];
  for (const { properties } of reader.ofType(['AWS::Lambda::EventInvokeConfig'], names)) {
    const name = functionOfArn(String(properties['FunctionName']));
    const onFailure = destination(properties['DestinationConfig'], 'OnFailure');
    const onSuccess = destination(properties['DestinationConfig'], 'OnSuccess');
    models.set(name, {
      ...(models.get(name) ?? ASYNC_DEFAULTS),
      maximumRetryAttempts: Number(properties['MaximumRetryAttempts'] ?? 2),
      maximumEventAgeSeconds: Number(properties['MaximumEventAgeInSeconds'] ?? 21_600),
      ...(onFailure && { onFailure }),
      ...(onSuccess && { onSuccess }),
    });
  }
  return models;
}

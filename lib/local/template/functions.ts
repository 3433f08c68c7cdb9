import type { Assembly } from './assembly.ts';
import { functionOfArn, type Properties, refuse, type TemplateReader } from './reader.ts';

export interface FunctionModel {
  readonly logicalId: string;
  /** Name in AWS's sense, part of the ARN. */
  readonly functionName: string;
  /** Name for people: the construct's path in the stack. */
  readonly displayName: string;
  readonly codeFolder: string;
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

export function readFunctions(
  assembly: Pick<Assembly, 'assetFolder'>,
  reader: TemplateReader,
): readonly FunctionModel[] {
  const names = ['Runtime', 'Handler', 'MemorySize', 'Timeout', 'ReservedConcurrentExecutions', 'Code'];
  const providers = readProviders(reader);
  const all = reader.ofType(['AWS::Lambda::Function'], [...names, 'CapacityProviderConfig']);
  const running = all.filter(({ logicalId }) => !providers.includes(logicalId));
  return running.map((resource) => {
    const { logicalId, properties, displayName } = resource;
    const { Runtime, Handler, Timeout, ReservedConcurrentExecutions, Code } = properties;
    const memoryMb = Number(properties['MemorySize'] ?? 128);
    if (!/^nodejs\d/.test(String(Runtime))) {
      refuse(logicalId, `the runtime ${Runtime ?? 'none'}`, 'leave the function out for -c stage=local');
    }
    const codeFolder = assembly.assetFolder(String((Code as Properties)['S3Key']));
    if (codeFolder === undefined)
      return refuse(logicalId, 'code that is no file asset', 'bundle it as an asset');
    return {
      logicalId,
      functionName: reader.nameOf(logicalId),
      displayName,
      codeFolder,
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

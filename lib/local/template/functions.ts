import type { Assembly } from './assembly.ts';
import { nameIn, type Properties, refuse, type TemplateReader } from './reader.ts';

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
}

export function readFunctions(assembly: Assembly, reader: TemplateReader): readonly FunctionModel[] {
  const names = [
    'FunctionName',
    'Runtime',
    'Handler',
    'MemorySize',
    'Timeout',
    'ReservedConcurrentExecutions',
    'Code',
  ];
  return reader.ofType(['AWS::Lambda::Function'], names).map((resource) => {
    const { logicalId, properties, displayName } = resource;
    const { Runtime, Handler, MemorySize, Timeout, ReservedConcurrentExecutions, Code } = properties;
    if (!/^nodejs\d/.test(String(Runtime))) {
      refuse(logicalId, `the runtime ${Runtime}`, 'leave the function out for -c stage=local');
    }
    const codeFolder = assembly.assetFolder(String((Code as Properties)['S3Key']));
    if (codeFolder === undefined)
      return refuse(logicalId, 'code that is no file asset', 'bundle it as an asset');
    return {
      logicalId,
      functionName: nameIn(reader, resource, 'FunctionName'),
      displayName,
      codeFolder,
      handler: String(Handler),
      memoryMb: Number(MemorySize ?? 128),
      timeoutMs: Number(Timeout ?? 3) * 1_000,
      reservedConcurrency:
        ReservedConcurrentExecutions === undefined ? undefined : Number(ReservedConcurrentExecutions),
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

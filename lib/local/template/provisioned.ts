import { functionOfArn, type Properties, type TemplateReader } from './reader.ts';

/**
 * How much provisioned concurrency the template asks for: 0 for an alias without any, undefined where the function has no such
 * alias.
 */
export type ProvisionedOf = (functionName: string, alias: string) => number | undefined;

export function readProvisioned(reader: TemplateReader): ProvisionedOf {
  const names = ['FunctionName', 'Name', 'ProvisionedConcurrencyConfig'];
  const requested = new Map(
    reader.ofType(['AWS::Lambda::Alias'], names).map(({ properties }) => {
      const { FunctionName, Name, ProvisionedConcurrencyConfig: config } = properties;
      const { ProvisionedConcurrentExecutions = 0 } = (config ?? {}) as Properties;
      return [
        `${functionOfArn(String(FunctionName))}:${Name}`,
        Number(ProvisionedConcurrentExecutions),
      ] as const;
    }),
  );
  return (functionName, alias) => requested.get(`${functionName}:${alias}`);
}

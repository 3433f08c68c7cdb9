import { functionOfArn } from './names.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';

/** An alias points at the code as it is now. */
export interface AliasModel {
  /** Environments of provisioned concurrency that the template asks for; 0 for none. */
  readonly provisioned: number;
}

/** The alias of a function, by both names; undefined where the function has none of that name. */
export type AliasOf = (functionName: string, alias: string) => AliasModel | undefined;

export function readAliases(reader: TemplateReader): AliasOf {
  const names = ['FunctionName', 'Name', 'ProvisionedConcurrencyConfig'];
  const aliases = new Map(
    reader.ofType(['AWS::Lambda::Alias'], names).map(({ properties }) => {
      const { FunctionName, Name, ProvisionedConcurrencyConfig: config } = properties;
      const { ProvisionedConcurrentExecutions: provisioned = 0 } = (config ?? {}) as Properties;
      return [
        `${functionOfArn(String(FunctionName))}:${Name}`,
        { provisioned: Number(provisioned) },
      ] as const;
    }),
  );
  return (functionName, alias) => aliases.get(`${functionName}:${alias}`);
}

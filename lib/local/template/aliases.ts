import { functionOfArn, type TemplateReader } from './reader.ts';

/** Whether a function of this name has this alias. */
export type HasAlias = (functionName: string, alias: string) => boolean;

/** The aliases of functions. Each points at the code as it is now. */
export function readAliases(reader: TemplateReader): HasAlias {
  const known = new Set(
    reader
      .ofType(['AWS::Lambda::Alias'], ['FunctionName', 'Name'])
      .map(({ properties: { FunctionName, Name } }) => `${functionOfArn(String(FunctionName))}:${Name}`),
  );
  return (functionName, alias) => known.has(`${functionName}:${alias}`);
}

import type { StageModel } from './apis.ts';
import type { Properties } from './properties.ts';
import type { TemplateReader } from './reader.ts';

export const variablesOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries((value ?? {}) as Properties).map(([name, variable]) => [name, String(variable)]),
  );

/** Where the stages of each kind of API are, and under what name they have what. */
const KINDS = {
  http: { type: 'AWS::ApiGatewayV2::Stage', api: 'ApiId', variables: 'StageVariables' },
  rest: { type: 'AWS::ApiGateway::Stage', api: 'RestApiId', variables: 'Variables' },
} as const;

/** The stages of all APIs of a kind, by API id. */
export function readStages(
  reader: TemplateReader,
  kind: keyof typeof KINDS,
): ReadonlyMap<string, readonly StageModel[]> {
  const { type, api, variables } = KINDS[kind];
  const resources = reader.ofType([type], [api, 'StageName', variables]);
  const byApi = Map.groupBy(resources, ({ properties }) => String(properties[api]));
  return new Map(
    [...byApi].map(([id, stages]) => [
      id,
      stages.map(({ properties }) => ({
        name: String(properties['StageName']),
        variables: variablesOf(properties[variables]),
      })),
    ]),
  );
}

import type { CorsModel } from './apis.ts';
import { readCors } from './cors.ts';
import { functionOfArn } from './names.ts';
import type { TemplateReader } from './reader.ts';

export interface UrlModel {
  readonly logicalId: string;
  readonly functionName: string;
  readonly authType: string;
  /** Whether an answer is sent on while the function writes it. */
  readonly streams: boolean;
  readonly cors?: CorsModel;
  /** Path prefixes by fault target. */
  readonly faultTargets: Readonly<Record<string, string>>;
}

export function readUrls(reader: TemplateReader): readonly UrlModel[] {
  const names = ['TargetFunctionArn', 'AuthType', 'InvokeMode', 'Cors'];
  return reader.ofType(['AWS::Lambda::Url'], names).map(({ logicalId, properties, metadata }) => {
    const { TargetFunctionArn, AuthType, InvokeMode, Cors } = properties;
    const cors = readCors(Cors);
    const fault = metadata['fibrin:fault'];
    return {
      logicalId,
      functionName: functionOfArn(String(TargetFunctionArn)),
      authType: String(AuthType),
      streams: InvokeMode === 'RESPONSE_STREAM',
      ...(cors && { cors }),
      faultTargets: typeof fault === 'object' && fault !== null ? (fault as Record<string, string>) : {},
    };
  });
}

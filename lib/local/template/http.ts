import type { CorsModel } from './apis.ts';
import { readCors } from './cors.ts';
import { type FunctionTarget, targetOfArn } from './names.ts';
import type { TemplateReader } from './reader.ts';

export interface UrlModel extends FunctionTarget {
  readonly logicalId: string;
  readonly authType: string;
  /** Whether an answer is sent on while the function writes it. */
  readonly streams: boolean;
  readonly cors?: CorsModel;
  /** Path prefixes by fault target. */
  readonly faultTargets: Readonly<Record<string, string>>;
}

export function readUrls(reader: TemplateReader): readonly UrlModel[] {
  const names = ['TargetFunctionArn', 'AuthType', 'InvokeMode', 'Cors', 'Qualifier'];
  return reader.ofType(['AWS::Lambda::Url'], names).map(({ logicalId, properties, metadata }) => {
    const { TargetFunctionArn, AuthType, InvokeMode, Cors, Qualifier } = properties;
    const cors = readCors(Cors);
    const fault = metadata['fibrin:fault'];
    return {
      logicalId,
      ...targetOfArn(String(TargetFunctionArn)),
      ...(Qualifier !== undefined && { qualifier: String(Qualifier) }),
      authType: String(AuthType),
      streams: InvokeMode === 'RESPONSE_STREAM',
      ...(cors && { cors }),
      faultTargets: typeof fault === 'object' && fault !== null ? (fault as Record<string, string>) : {},
    };
  });
}

import type { MappingModel, MappingStep, Note } from './apis.ts';
import type { Properties } from './properties.ts';
import { refuse } from './refuse.ts';

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html#http-api-mapping-reserved-headers */
const RESERVED =
  /^(access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*|x-forwarded-for|x-forwarded-host|x-forwarded-proto|via)$/i;

/** What of the context has a value on this machine. */
const MAPPED_CONTEXT =
  /^(accountId|apiId|domainName|domainPrefix|httpMethod|identity\.(sourceIp|userAgent)|path|protocol|requestId|requestTime|requestTimeEpoch|routeKey|stage|authorizer\.claims\..+)$/;

const KEYS = {
  request: /^(append|overwrite|remove):(header|querystring)\.(.+)$|^(overwrite):(path)$/,
  response: /^(append|overwrite|remove):(header)\.(.+)$|^(overwrite):(statuscode)$/,
} as const;

const isKnown = (expression: string): boolean => {
  const [source, ...rest] = expression.split('.');
  if (source !== 'context') return /^(request|response|stageVariables)\./.test(expression);
  return MAPPED_CONTEXT.test(rest.join('.'));
};

const expressionsOf = (value: string): readonly string[] =>
  /^\$[a-zA-Z]/.test(value)
    ? [value.slice(1)]
    : [...value.matchAll(/\$\{([^}]+)\}/g)].map(([, expression = '']) => expression);

/** The step of one key, or undefined for a mapping that this machine does not do, which is noted. */
function stepOf(logicalId: string, of: keyof typeof KEYS, key: string, value: string, note: Note) {
  const [, action, part, name, only, whole] = KEYS[of].exec(key) ?? [];
  const unknown = expressionsOf(value).find((expression) => !isKnown(expression));
  if ((action ?? only) === undefined || unknown !== undefined) {
    note(`${of === 'request' ? 'RequestParameters' : 'ResponseParameters'}.${key} = ${value}`);
    return undefined;
  }
  if (part === 'header' && RESERVED.test(name ?? ''))
    refuse(
      logicalId,
      `a mapping of the reserved header ${name}`,
      'AWS does not take it either: leave it out',
    );
  return { action: action ?? only, part: part ?? whole, name: name ?? '', value } as MappingStep;
}

const isStep = (step: MappingStep | undefined): step is MappingStep => step !== undefined;

/** The parameter mapping of an integration; undefined where it has none. */
export function readMapping(
  logicalId: string,
  { RequestParameters, ResponseParameters }: Properties,
  note: Note,
): MappingModel | undefined {
  const request = Object.entries((RequestParameters ?? {}) as Properties)
    .map(([key, value]) => stepOf(logicalId, 'request', key, String(value), note))
    .filter(isStep);
  const responses = new Map(
    Object.entries((ResponseParameters ?? {}) as Record<string, Properties>).map(([status, parameters]) => {
      const list = [(parameters['ResponseParameters'] ?? []) as Properties | readonly Properties[]].flat();
      const steps = list.map(({ Destination, Source }) =>
        stepOf(logicalId, 'response', String(Destination), String(Source), note),
      );
      return [Number(status), steps.filter(isStep)] as const;
    }),
  );
  return request.length === 0 && responses.size === 0 ? undefined : { request, responses };
}

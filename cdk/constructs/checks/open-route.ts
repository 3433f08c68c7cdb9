import { isRecord } from '#core/property';
import { propertyAt, Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';

const FIX =
  'set an authorizer of it or of its API, or acknowledge with the reason why everybody may call it.';

/** Whether a property that says who is let in lets everybody in. What is not known does not. */
const isNone = (value: unknown): boolean => value === undefined || value === 'NONE';

function httpRoutes(resources: Resources): readonly Finding[] {
  return resources.ofType('AWS::ApiGatewayV2::Route').flatMap((resource) => {
    const api = resources.of(resource, 'ApiId');
    const key = String(propertyAt(resource, 'RouteKey'));
    // Of an API of another app, which may be one of WebSockets.
    if (api === undefined && !/^[A-Z]+ \//.test(key)) return [];
    const isSocket = api !== undefined && propertyAt(api, 'ProtocolType') === 'WEBSOCKET';
    // Who has connected has been let in.
    if ((isSocket && key !== '$connect') || key.startsWith('OPTIONS ')) return [];
    if (!isNone(propertyAt(resource, 'AuthorizationType'))) return [];
    return [{ resource, message: `The route ${key} has no authorizer: everybody may call it.`, fix: FIX }];
  });
}

/** Whether something else than the method says who is let in: a policy of the API, or a network. */
function isGuarded(api: TemplateResource | undefined): boolean {
  if (api === undefined || propertyAt(api, 'Policy') !== undefined) return true;
  return JSON.stringify(propertyAt(api, 'EndpointConfiguration') ?? {}).includes('PRIVATE');
}

function restMethods(resources: Resources): readonly Finding[] {
  return resources.ofType('AWS::ApiGateway::Method').flatMap((resource) => {
    const method = String(propertyAt(resource, 'HttpMethod'));
    const integration = propertyAt(resource, 'Integration');
    // There is nothing behind it.
    const isMock = isRecord(integration) && integration['Type'] === 'MOCK';
    if (method === 'OPTIONS' || isMock || isGuarded(resources.of(resource, 'RestApiId'))) return [];
    if (!isNone(propertyAt(resource, 'AuthorizationType'))) return [];
    const isKeyed = propertyAt(resource, 'ApiKeyRequired') === true;
    const path = resources.of(resource, 'ResourceId');
    const part =
      path?.type === 'AWS::ApiGateway::Resource' ? `…/${String(propertyAt(path, 'PathPart'))}` : '/';
    return [
      {
        resource,
        message: `The method ${method} ${part} has no authorizer: everybody ${isKeyed ? 'with an API key, which names a client and proves nothing, ' : ''}may call it.`,
        fix: FIX,
      },
    ];
  });
}

const functionUrls = (resources: Resources): readonly Finding[] =>
  resources
    .ofType('AWS::Lambda::Url')
    .filter((url) => propertyAt(url, 'AuthType') === 'NONE')
    .map((resource) => ({
      resource,
      message: 'The function URL has authType NONE: everybody may call it.',
      fix: 'set `authType` to FunctionUrlAuthType.AWS_IAM, or acknowledge with the reason why everybody may call it.',
    }));

/** Who may call is said of each route. */
export const OPEN_ROUTE: CheckRule = {
  id: 'OpenRoute',
  description: 'Everybody may call a route or a function URL.',
  check(all) {
    const resources = new Resources(all);
    return [...httpRoutes(resources), ...restMethods(resources), ...functionUrls(resources)];
  },
};

import { isRecord } from '#core/property';
import { timeoutSOf } from './function-timeout.ts';
import { numberOr, propertyAt, Resources } from './references.ts';
import type { CheckRule, Finding, TemplateResource } from './rule.ts';

/** How long an API waits for a function. */
interface Wait {
  readonly resource: TemplateResource;
  readonly waitMs: number | undefined;
  /** The property with the function's ARN in it. */
  readonly uri: unknown;
}

/** Those of HTTP APIs wait for 30 s unless it is said otherwise, those of WebSockets for 29 s. */
function httpWaits(resources: Resources): readonly Wait[] {
  return resources.ofType('AWS::ApiGatewayV2::Integration').flatMap((resource) => {
    const api = resources.of(resource, 'ApiId');
    const isProxy = propertyAt(resource, 'IntegrationType') === 'AWS_PROXY';
    if (!isProxy || propertyAt(resource, 'IntegrationSubtype') !== undefined || api === undefined) return [];
    const byDefaultMs = propertyAt(api, 'ProtocolType') === 'WEBSOCKET' ? 29_000 : 30_000;
    const waitMs = numberOr(propertyAt(resource, 'TimeoutInMillis'), byDefaultMs);
    return [{ resource, waitMs, uri: propertyAt(resource, 'IntegrationUri') }];
  });
}

/** Those of REST APIs wait for 29 s unless it is said otherwise. One that streams, or does not wait at all, is left out. */
function restWaits(resources: Resources): readonly Wait[] {
  return resources.ofType('AWS::ApiGateway::Method').flatMap((resource) => {
    const integration = propertyAt(resource, 'Integration');
    if (!isRecord(integration) || integration['ResponseTransferMode'] !== undefined) return [];
    const headers = JSON.stringify(integration['RequestParameters'] ?? {});
    if (/X-Amz-Invocation-Type/i.test(headers)) return [];
    return [{ resource, waitMs: numberOr(integration['TimeoutInMillis'], 29_000), uri: integration['Uri'] }];
  });
}

/** An API waits for its function at least as long as that may take. */
export const API_TIMEOUT: CheckRule = {
  id: 'ApiTimeout',
  description: 'An API stops waiting before its function does.',
  check(all) {
    const resources = new Resources(all);
    return [...httpWaits(resources), ...restWaits(resources)].flatMap(
      ({ resource, waitMs, uri }): readonly Finding[] => {
        const handler = resources.functionAt(resource.stack, uri);
        const timeoutS = timeoutSOf(resources, handler);
        if (waitMs === undefined || timeoutS === undefined || waitMs >= timeoutS * 1_000) return [];
        return [
          {
            resource,
            message: `The API waits for ${waitMs / 1_000} s, and the function ${resources.functionOf(handler)?.path} may take ${timeoutS} s: a client gets an error while the function still works.`,
            fix: `shorten the timeout of the function to ${waitMs / 1_000} s or less, or answer at once and do the work behind a queue.`,
          },
        ];
      },
    );
  },
};

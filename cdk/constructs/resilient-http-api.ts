import { Validations } from 'aws-cdk-lib';
import type { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnRoute,
  type CfnStage,
  HttpApi,
  type HttpApiProps,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  type IHttpApi,
  type IHttpRouteAuthorizer,
  type ThrottleSettings,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { type ILogGroup, LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ACCESS_LOG_FORMAT, ACCESS_LOG_PROPS } from './access-log.ts';
import { checkRoute, type ResilientHttpApiRoute, routeKeyOf } from './api-route.ts';
import { integrationTimeout } from './api-timeout.ts';
import { madeFunction } from './invoked-function.ts';
import { overridden } from './overridden.ts';
import { refuse, refuseBoth } from './refuse.ts';
import { grantRoute } from './route-grant.ts';
import { DEFAULT_THROTTLE, type Throttle, throttleOf } from './throttle.ts';

export interface ResilientHttpApiProps {
  /** @default - none; `addRoute` adds them */
  readonly routes?: readonly ResilientHttpApiRoute[];
  /**
   * Who may call the routes that are not public, such as a `HttpJwtAuthorizer`. An authorizer that lets everybody in is
   * refused: open single routes by `isPublic`.
   * @default - that of `existingApi`, else `HttpIamAuthorizer`: callers sign their requests
   */
  readonly authorizer?: IHttpRouteAuthorizer;
  /**
   * Limits that all routes share.
   * @default - 1,000 requests a second, 500 at once: a tenth of an account's quota for a region
   */
  readonly throttle?: ThrottleSettings;
  /**
   * A line of the access log.
   * @default - JSON with request id, route, status, errors, sizes and latencies; nothing of who called
   */
  readonly accessLogFormat?: AccessLogFormat;
  /**
   * Props of the access log's group.
   * @default - kept for a month, deleted with the stack
   */
  readonly accessLogProps?: LogGroupProps;
  /**
   * A group for the access log.
   * @default - one is made
   */
  readonly existingAccessLog?: ILogGroup;
  /**
   * Props of the API: CORS, domain, default endpoint and so on. They win over the defaults.
   * @default - named as this construct is, no CORS, the default endpoint
   */
  readonly httpApiProps?: HttpApiProps;
  /**
   * An API to add the routes to. Its stages are its owner's: they keep their throttling and access log.
   * @default - one is made
   */
  readonly existingApi?: IHttpApi;
}

const NONE = new HttpNoneAuthorizer();
const ANSWERED = 'The caller of the route waits for the function and gets its error.';

/**
 * An HTTP API in front of functions.
 *
 * Every route asks for an authorizer, IAM's by default; one that is open says so and why. The API and each route can have
 * limits, and where a route has its own, the stage is made after the route: the CDK leaves that order open, and API Gateway
 * refuses limits of a route that is not there yet. The access log is JSON without personal data. The API waits longer than
 * the function may take, and a function that API Gateway would not wait for is refused.
 *
 * @example
 * ```ts
 * import { App, Stack } from 'aws-cdk-lib';
 * import { HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
 * import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
 * import { Code } from 'aws-cdk-lib/aws-lambda';
 * import { ResilientFunction, ResilientHttpApi } from 'fibrin/cdk';
 *
 * const stack = new Stack(new App(), 'Shop');
 * const code = Code.fromInline('exports.handler = async () => ({ statusCode: 204 });');
 * const handler = new ResilientFunction(stack, 'Orders', { code }).alias;
 * const api = new ResilientHttpApi(stack, 'Api', {
 *   routes: [
 *     { method: HttpMethod.GET, path: '/orders/{id}', handler },
 *     { method: HttpMethod.POST, path: '/orders', handler, throttle: { rateLimit: 50, burstLimit: 20 } },
 *     { method: HttpMethod.GET, path: '/health', handler, isPublic: true, publicReason: 'Says that it runs' },
 *   ],
 * });
 * api.grantInvoke(new Role(stack, 'Caller', { assumedBy: new AccountRootPrincipal() }));
 * ```
 */
export class ResilientHttpApi extends Construct {
  readonly api: IHttpApi;
  /** The group of the access log. Undefined with `existingApi`. */
  readonly accessLog?: ILogGroup;
  readonly #authorizer: IHttpRouteAuthorizer;
  /** What the default stage is made of. Undefined with `existingApi`. */
  readonly #stage: { readonly resource: CfnStage; readonly throttle: Throttle } | undefined;
  readonly #routes: { readonly route: HttpRoute; readonly isPublic: boolean }[] = [];
  readonly #grantees: IGrantable[] = [];

  constructor(scope: Construct, id: string, props: ResilientHttpApiProps = {}) {
    super(scope, id);
    const { httpApiProps, existingApi, existingAccessLog, accessLogProps } = props;
    this.#refuseContradictions(props);
    this.#authorizer =
      httpApiProps?.defaultAuthorizer ??
      props.authorizer ??
      existingApi?.defaultAuthorizer ??
      new HttpIamAuthorizer();

    if (existingApi) {
      this.api = existingApi;
    } else {
      const api = new HttpApi(this, 'HttpApi', overridden<HttpApiProps>({ apiName: id }, httpApiProps));
      this.api = api;
      const accessLog =
        existingAccessLog ?? new LogGroup(this, 'AccessLog', overridden(ACCESS_LOG_PROPS, accessLogProps));
      this.accessLog = accessLog;
      const resource = api.defaultStage?.node.defaultChild as CfnStage;
      const throttle = throttleOf(this, 'throttle', props.throttle, DEFAULT_THROTTLE);
      this.#stage = { resource, throttle };
      resource.defaultRouteSettings = {
        throttlingRateLimit: throttle.rateLimit,
        throttlingBurstLimit: throttle.burstLimit,
      };
      resource.accessLogSettings = {
        destinationArn: accessLog.logGroupArn,
        format: (props.accessLogFormat ?? ACCESS_LOG_FORMAT).toString(),
      };
    }
    for (const route of props.routes ?? []) this.addRoute(route);
  }

  addRoute(props: ResilientHttpApiRoute): HttpRoute {
    const { method, path, handler, isPublic = false, publicReason = '' } = props;
    checkRoute(this, props);
    const key = routeKeyOf(props);
    const timeout = integrationTimeout(this, key, handler, props.timeout);
    const route = new HttpRoute(this, key, {
      httpApi: this.api,
      routeKey: HttpRouteKey.with(path, method),
      integration: new HttpLambdaIntegration('Integration', handler, { timeout }),
      authorizer: isPublic ? NONE : this.#authorizer,
    });
    const resource = route.node.defaultChild as CfnRoute;
    if (isPublic) {
      Validations.of(route).acknowledge(
        { id: 'AwsSolutions::AwsSolutions-APIG4', reason: publicReason },
        { id: 'Fibrin::OpenRoute', reason: publicReason },
      );
    } else if (resource.authorizationType === NONE.authorizationType) {
      refuse(
        this,
        `expected \`authorizer\` to ask who calls ${key}, got one that lets everybody in; open single routes by \`isPublic\``,
      );
    }
    const made = madeFunction(handler);
    if (made) Validations.of(made).acknowledge({ id: 'Serverless::Serverless-LambdaDLQ', reason: ANSWERED });
    if (props.throttle) this.#throttleRoute(key, resource, props.throttle);
    this.#routes.push({ route, isPublic });
    if (!isPublic) for (const grantee of this.#grantees) this.#grantRoute(route, grantee);
    return route;
  }

  /**
   * Lets a role call the routes that are not public, those added later too. With IAM only: other authorizers let callers in
   * by themselves. A path parameter is a wildcard in the policy.
   */
  grantInvoke(grantee: IGrantable): void {
    if (!(this.#authorizer instanceof HttpIamAuthorizer))
      refuse(this, 'expected `authorizer` to be HttpIamAuthorizer for `grantInvoke`, got another one');
    this.#grantees.push(grantee);
    for (const { route, isPublic } of this.#routes) if (!isPublic) this.#grantRoute(route, grantee);
  }

  /** Requests. @default - samples over 5 minutes */
  metricCount(options?: MetricOptions): Metric {
    return this.api.metricCount(options);
  }

  /** Answers of the function or of API Gateway with 500 and above. @default - sum over 5 minutes */
  metricServerErrors(options?: MetricOptions): Metric {
    return this.api.metricServerError(options);
  }

  /** Answers from 400 to 499, those to callers over their limits too. @default - sum over 5 minutes */
  metricClientErrors(options?: MetricOptions): Metric {
    return this.api.metricClientError(options);
  }

  /** From the request to the answer, in milliseconds. @default - 99th percentile over 5 minutes */
  metricLatency(options?: MetricOptions): Metric {
    return this.api.metricLatency(overridden<MetricOptions>({ statistic: 'p99' }, options));
  }

  #grantRoute(route: HttpRoute, grantee: IGrantable): void {
    // The stages of an existing API may be any.
    grantRoute(route, this.#stage ? '$default' : '*', grantee);
  }

  /** All of a route's settings: API Gateway takes none of what they leave out from the stage's. */
  #throttleRoute(key: string, route: CfnRoute, asked: ThrottleSettings): void {
    if (this.#stage === undefined)
      refuse(
        this,
        `expected no \`throttle\` of ${key} with \`existingApi\`, whose stages are its owner's, got one; set it there`,
      );
    const { resource, throttle } = this.#stage;
    const { rateLimit, burstLimit } = throttleOf(this, `throttle of ${key}`, asked, throttle);
    resource.routeSettings = {
      ...resource.routeSettings,
      [key]: { ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit },
    };
    resource.addResourceDependency(route);
  }

  #refuseContradictions(props: ResilientHttpApiProps): void {
    const { existingApi, existingAccessLog, accessLogProps, accessLogFormat, throttle, httpApiProps } = props;
    for (const [name, value] of Object.entries({
      httpApiProps,
      throttle,
      accessLogFormat,
      accessLogProps,
      existingAccessLog,
    }))
      refuseBoth(this, { existingApi, [name]: value });
    refuseBoth(this, { existingAccessLog, accessLogProps });
    refuseBoth(this, {
      authorizer: props.authorizer,
      'httpApiProps.defaultAuthorizer': httpApiProps?.defaultAuthorizer,
    });
    if (httpApiProps?.createDefaultStage === false)
      refuse(
        this,
        'expected `httpApiProps.createDefaultStage` not to be false, since the default stage has the throttling and the access log; leave it out',
      );
    if (httpApiProps?.defaultIntegration !== undefined)
      refuse(
        this,
        'expected no `httpApiProps.defaultIntegration`, which answers for every path without the checks of a route; add a route ANY /{proxy+}',
      );
  }
}

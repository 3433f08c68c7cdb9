import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type LogGroupProps, RetentionDays } from 'aws-cdk-lib/aws-logs';

export const ACCESS_LOG_PROPS: LogGroupProps = {
  retention: RetentionDays.ONE_MONTH,
  removalPolicy: RemovalPolicy.DESTROY,
};

/**
 * What a line of the access log says: what was asked for, what became of it and how long it took. Nothing of who asked, and
 * the route in place of the path, which may name a person. Everything is text, since what does not apply is `-`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
const FIELDS = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLatencyMs: '$context.responseLatency',
  responseBytes: '$context.responseLength',
  /** Why API Gateway itself refused: `THROTTLED`, `UNAUTHORIZED`, … */
  error: '$context.error.responseType',
  authorizerError: '$context.authorizer.error',
  /** The function's own request id, which its log has. */
  integrationRequestId: '$context.integration.requestId',
  integrationStatus: '$context.integration.status',
  integrationError: '$context.integration.error',
  integrationLatencyMs: '$context.integration.latency',
} as const;

export const ACCESS_LOG_FORMAT: AccessLogFormat = AccessLogFormat.custom(JSON.stringify(FIELDS));

import type { IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

/** What an objective counts. */
export interface RequestMetrics {
  /** Requests that failed, by a statistic that counts, such as `Sum`. Where it has no data, none failed. */
  readonly errors: IMetric;
  /** All requests, those that failed too. */
  readonly requests: IMetric;
}

/** What is counted of common kinds of resources. */
export class RequestMetricsOf {
  /** Answers of an HTTP API with a status of 500 or more. Throttled requests, 429, are not among them. */
  static httpApi(api: IHttpApi): RequestMetrics {
    return { errors: api.metricServerError({ statistic: 'Sum' }), requests: api.metricCount() };
  }

  /** Invocations of a function, best of its alias, that ended with an error. Throttled ones are not among them. */
  static function(handler: IFunction): RequestMetrics {
    return { errors: handler.metricErrors(), requests: handler.metricInvocations() };
  }

  private constructor() {}
}

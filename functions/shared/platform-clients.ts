import type { QueueDepthClient, WarmCapacityClient } from 'fibrin/telemetry';
import { type AwsRequest, awsApi, lambdaEndpoint } from './aws-api.ts';

/** Makes a call under a policy. */
export type Protect = (
  call: (signal: AbortSignal) => Promise<object>,
  signal: AbortSignal,
) => Promise<object>;

/** Asks SQS about a queue, at the address that its URL has. */
export function queueClient(queueUrl: string, protect: Protect): QueueDepthClient {
  const ask = awsApi('sqs', new URL(queueUrl));
  return {
    getQueueAttributes(input, { abortSignal }) {
      const request: AwsRequest = {
        method: 'POST',
        path: '/',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'AmazonSQS.GetQueueAttributes',
        },
        body: JSON.stringify(input),
      };
      return protect((signal) => ask(request, signal), abortSignal);
    },
  };
}

/** Asks Lambda about a function of this region. */
export function lambdaClient(protect: Protect): WarmCapacityClient {
  const ask = awsApi('lambda', lambdaEndpoint());
  return {
    getProvisionedConcurrencyConfig({ FunctionName, Qualifier }, { abortSignal }) {
      const path = `/2019-09-30/functions/${encodeURIComponent(FunctionName)}/provisioned-concurrency`;
      const request: AwsRequest = { method: 'GET', path, query: { Qualifier } };
      return protect((signal) => ask(request, signal), abortSignal);
    },
  };
}

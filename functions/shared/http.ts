import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

export type HttpHandlerEvent = APIGatewayProxyEventV2;
export type LambdaContext = Context;

export interface JsonResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function json(statusCode: number, body: unknown): JsonResponse {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** A setting of the deployment. @throws with its name where it is missing. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`The environment variable ${name} is not set; the CDK stack sets it`);
  return value;
}

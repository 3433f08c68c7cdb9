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

import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';

export type HttpHandlerEvent = APIGatewayProxyEventV2;
export type LambdaContext = Context;

export interface JsonResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function json(
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): JsonResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

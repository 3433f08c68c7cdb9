import type { FunctionTarget } from './names.ts';

/** What decides which pages may call an API or a function URL. */
export interface CorsModel {
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  readonly maxAgeSeconds: number | undefined;
}

export interface StageModel {
  /** `$default`, or the first part of the path. */
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface JwtAuthorizerModel {
  readonly logicalId: string;
  /** Where the token is: a header, or a parameter of the query. */
  readonly source: { readonly in: 'header' | 'querystring'; readonly name: string };
  readonly issuer: string;
  readonly audience: readonly string[];
}

/** One change of a request or of an answer. */
export interface MappingStep {
  readonly action: 'append' | 'overwrite' | 'remove';
  readonly part: 'header' | 'querystring' | 'path' | 'statuscode';
  readonly name: string;
  readonly value: string;
}

/** How an integration changes requests, and answers by their status. */
export interface MappingModel {
  readonly request: readonly MappingStep[];
  readonly responses: ReadonlyMap<number, readonly MappingStep[]>;
}

export interface RouteModel extends FunctionTarget {
  readonly routeKey: string;
  readonly payloadFormat: '1.0' | '2.0';
  readonly timeoutMs: number;
  readonly mapping?: MappingModel;
  readonly jwt?: { readonly authorizer: JwtAuthorizerModel; readonly scopes: readonly string[] };
}

export interface HttpApiModel {
  readonly kind: 'http';
  readonly logicalId: string;
  readonly apiId: string;
  readonly displayName: string;
  readonly routes: readonly RouteModel[];
  readonly stages: readonly StageModel[];
  readonly cors?: CorsModel;
}

/** An answer that a REST API gives by itself. */
export interface MockModel {
  readonly kind: 'mock';
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Origins beside the first one, each of which is answered with itself. */
  readonly origins: readonly string[];
}

export type MethodModel =
  | (FunctionTarget & { readonly kind: 'lambda'; readonly timeoutMs: number })
  | MockModel;

export interface RestResourceModel {
  readonly resourceId: string;
  readonly path: string;
  readonly methods: ReadonlyMap<string, MethodModel>;
}

export interface RestApiModel {
  readonly kind: 'rest';
  readonly logicalId: string;
  readonly apiId: string;
  readonly displayName: string;
  readonly resources: readonly RestResourceModel[];
  readonly stages: readonly StageModel[];
  readonly binaryMediaTypes: readonly string[];
}

export type ApiModel = HttpApiModel | RestApiModel;

/** Receives what a template says and this machine does not do, by its path in the resource. */
export type Note = (path: string) => void;

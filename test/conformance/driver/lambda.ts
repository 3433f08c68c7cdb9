import { sendSigned } from '../../deploy/signed.ts';

const endpoint = new URL(
  process.env['AWS_ENDPOINT_URL_LAMBDA'] ??
    process.env['AWS_ENDPOINT_URL'] ??
    `https://lambda.${process.env['AWS_REGION']}.amazonaws.com`,
);

export interface InvokeInput {
  /** A name, or an ARN, with or without a qualifier. */
  readonly functionName: string;
  readonly payload?: unknown;
  /** Default: `RequestResponse`. */
  readonly type?: 'Event' | 'RequestResponse' | 'DryRun';
  readonly qualifier?: string;
}

export interface InvokeResult {
  readonly status: number;
  readonly functionError?: string;
  readonly version?: string;
  readonly payload: string;
}

export const lambdaCommands = {
  async invoke({ functionName, payload, type, qualifier }: InvokeInput): Promise<InvokeResult> {
    const { status, headers, text } = await sendSigned({
      ...{ endpoint, service: 'lambda', method: 'POST', body: JSON.stringify(payload ?? {}) },
      path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
      ...(qualifier !== undefined && { query: { Qualifier: qualifier } }),
      headers: { 'x-amz-invocation-type': type ?? 'RequestResponse', 'content-type': 'application/json' },
      credentials: {
        accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
        ...(process.env['AWS_SESSION_TOKEN'] && { sessionToken: process.env['AWS_SESSION_TOKEN'] }),
      },
    });
    const functionError = headers['x-amz-function-error'];
    const version = headers['x-amz-executed-version'];
    return {
      ...{ status, payload: text },
      ...(functionError !== undefined && { functionError: String(functionError) }),
      ...(version !== undefined && { version: String(version) }),
    };
  },
};

import { sendSigned } from '../../deploy/signed.ts';

const { env } = process;
const endpoint = new URL(
  env['AWS_ENDPOINT_URL_LAMBDA'] ??
    env['AWS_ENDPOINT_URL'] ??
    `https://lambda.${env['AWS_REGION']}.amazonaws.com`,
);

export interface InvokeInput {
  /** The logical id of a function whose name the driver has in its environment: `NAME_` and the id. */
  readonly functionId: string;
  readonly payload: unknown;
}

export interface InvokeResult {
  readonly isError: boolean;
  readonly payload: string;
}

export const lambdaCommands = {
  /** Invokes a function and waits for its result. */
  async invoke({ functionId, payload }: InvokeInput): Promise<InvokeResult> {
    const { headers, text } = await sendSigned({
      ...{ endpoint, service: 'lambda', method: 'POST', body: JSON.stringify(payload) },
      path: `/2015-03-31/functions/${env[`NAME_${functionId}`]}/invocations`,
      headers: { 'content-type': 'application/json' },
      credentials: {
        accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
        ...(env['AWS_SESSION_TOKEN'] && { sessionToken: env['AWS_SESSION_TOKEN'] }),
      },
    });
    return { isError: headers['x-amz-function-error'] !== undefined, payload: text };
  },
};

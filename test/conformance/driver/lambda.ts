import { sendSigned } from '../../deploy/signed.ts';
import { credentials, endpointOf } from './aws.ts';

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
      ...{
        endpoint: endpointOf('lambda', 'LAMBDA'),
        service: 'lambda',
        method: 'POST',
        body: JSON.stringify(payload),
      },
      path: `/2015-03-31/functions/${process.env[`NAME_${functionId}`]}/invocations`,
      headers: { 'content-type': 'application/json' },
      credentials: credentials(),
    });
    return { isError: headers['x-amz-function-error'] !== undefined, payload: text };
  },
};

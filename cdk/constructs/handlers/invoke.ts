import { type Clock, systemClock } from '#core/clock';
import { signedHeaders } from './sign.ts';

/** What came of an invocation. */
export type Invocation =
  | { readonly kind: 'answer'; readonly payload: string }
  | {
      readonly kind: 'failure';
      /** Of the function's error, of Lambda's refusal, or of the network's. A name, never a message. */
      readonly errorType: string;
      /** Whether it may pass by itself: nothing has shown that the function is broken. */
      readonly passing: boolean;
    };

/**
 * Invokes a version or an alias and waits for its answer. Never rejects.
 * @param arn With the qualifier.
 */
export type Invoke = (arn: string, payload: string, limitMs: number) => Promise<Invocation>;

const TIMED_OUT = 'Sandbox.Timedout';

/** A name that another party has chosen, as far as it may be shown. */
const shown = (name: unknown, otherwise: string): string =>
  typeof name === 'string' && /^[\w.$-]{1,100}$/.test(name) ? name : otherwise;

/** The type of the error with which a function ended. Where Lambda ended it, older runtimes say so in the message only. */
function typeOfFunctionError(payload: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(payload) as Readonly<Record<string, unknown>>;
    return shown(errorType, /Task timed out/.test(String(errorMessage)) ? TIMED_OUT : 'Unhandled');
  } catch {
    return 'Unhandled';
  }
}

/** Lambda's refusals that pass: it is busy, or the function is not ready, or the right to call it is not everywhere yet. */
const isPassing = (status: number): boolean => status >= 500 || [403, 409, 429].includes(status);

async function read(response: Response): Promise<Invocation> {
  const payload = await response.text();
  if (!response.ok) {
    // `TooManyRequestsException:http://…` with some services.
    const errorType = response.headers.get('x-amzn-errortype')?.split(':')[0];
    return {
      kind: 'failure',
      errorType: shown(errorType, `HTTP ${response.status}`),
      passing: isPassing(response.status),
    };
  }
  if (response.headers.has('x-amz-function-error'))
    return { kind: 'failure', errorType: typeOfFunctionError(payload), passing: false };
  return { kind: 'answer', payload };
}

interface FailedFetch {
  readonly name?: string;
  readonly cause?: { readonly code?: string };
}

/** The endpoint of Lambda in the region of a function, or where the variables of the SDK put it, as emulators do. */
function endpointOf(partition: string | undefined, region: string): string {
  const { AWS_ENDPOINT_URL_LAMBDA: own, AWS_ENDPOINT_URL: ofAll } = process.env;
  const given = own || ofAll;
  return (
    given?.replace(/\/$/, '') ||
    `https://lambda.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`
  );
}

function requestOf(arn: string, body: string, now: number): Request {
  const [, partition, , region = ''] = arn.split(':');
  // Whole, with the version or the alias: that is what the right is for.
  const name = encodeURIComponent(arn);
  const url = new URL(`${endpointOf(partition, region)}/2015-03-31/functions/${name}/invocations`);
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: AWS_SESSION_TOKEN,
  };
  const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' };
  const unsigned = { method: 'POST', url, headers, body };
  return new Request(url, {
    method: 'POST',
    headers: signedHeaders(unsigned, { region, service: 'lambda', credentials, now }),
    body,
  });
}

/** Invokes with the role of the function that this runs in. */
export const invokeWith =
  (clock: Clock = systemClock): Invoke =>
  async (arn, payload, limitMs) => {
    try {
      const signal = AbortSignal.timeout(Math.max(1, Math.ceil(limitMs)));
      return await read(await fetch(requestOf(arn, payload, clock.now()), { signal }));
    } catch (error) {
      const { name, cause } = error as FailedFetch;
      // Only what the network did may pass; it comes as the cause.
      return {
        kind: 'failure',
        errorType: shown(cause?.code ?? name, 'Error'),
        passing: cause !== undefined,
      };
    }
  };

import { sendSigned } from '../../deploy/signed.ts';

interface Protocol {
  /** What operations are named after in `x-amz-target`. */
  readonly target: string;
  /** Of the JSON protocol. */
  readonly version: '1.0' | '1.1';
  /** The end of the variable with its endpoint. */
  readonly variable: string;
}

const SERVICES: Readonly<Record<string, Protocol>> = {
  dynamodb: { target: 'DynamoDB_20120810', version: '1.0', variable: 'DYNAMODB' },
  events: { target: 'AWSEvents', version: '1.1', variable: 'EVENTBRIDGE' },
  sqs: { target: 'AmazonSQS', version: '1.0', variable: 'SQS' },
};

/** An answer as it came. Errors are answers. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The name of the error, without what is around it. */
  readonly error?: string;
  /** JSON where it is JSON, else the text. */
  readonly body: unknown;
}

export function endpointOf(service: string, variable: string): URL {
  const { env } = process;
  return new URL(
    env[`AWS_ENDPOINT_URL_${variable}`] ??
      env['AWS_ENDPOINT_URL'] ??
      `https://${service}.${env['AWS_REGION']}.amazonaws.com`,
  );
}

export const credentials = () => ({
  accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? '',
  secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  ...(process.env['AWS_SESSION_TOKEN'] && { sessionToken: process.env['AWS_SESSION_TOKEN'] }),
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Lambda answers with what the function returned, and with nothing at all.
    return text;
  }
}

/** `com.amazonaws.sqs#QueueDoesNotExist` and `ValidationException:http://…` without what is around the name. */
const nameOf = (type: unknown): string | undefined =>
  typeof type === 'string' ? type.split('#').at(-1)?.split(':')[0] : undefined;

function answered({ status, headers, text }: Awaited<ReturnType<typeof sendSigned>>): Answered {
  const body = parsed(text);
  const type = (body as { readonly __type?: unknown } | null)?.__type ?? headers['x-amzn-errortype'];
  const error = status >= 300 ? nameOf(type) : undefined;
  const flat = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { status, headers: Object.fromEntries(flat), ...(error && { error }), body };
}

export interface AwsInput {
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
}

export interface LambdaInput {
  /** A name, or an ARN, with or without a qualifier. */
  readonly functionName: string;
  readonly qualifier?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly body: string;
  /** Adds a member to an object of JSON, to make it that long. Bytes. */
  readonly padTo?: number;
}

const padded = (body: string, bytes: number): string => {
  const begin = `${body.slice(0, -1)},"pad":"`;
  return `${begin}${'x'.repeat(bytes - begin.length - 2)}"}`;
};

export const awsCommands = {
  /** Calls an operation of a service that speaks JSON. */
  async aws({ service, operation, input }: AwsInput): Promise<Answered> {
    const protocol = SERVICES[service];
    if (protocol === undefined) throw new Error(`the driver does not know ${service}`);
    return answered(
      await sendSigned({
        ...{ endpoint: endpointOf(service, protocol.variable), service, method: 'POST' },
        headers: {
          'content-type': `application/x-amz-json-${protocol.version}`,
          'x-amz-target': `${protocol.target}.${operation}`,
        },
        body: JSON.stringify(input),
        credentials: credentials(),
      }),
    );
  },

  /** Lambda's `Invoke`, with all that the request and the answer have. */
  async lambda({ functionName, qualifier, headers, body, padTo }: LambdaInput): Promise<Answered> {
    return answered(
      await sendSigned({
        ...{ endpoint: endpointOf('lambda', 'LAMBDA'), service: 'lambda', method: 'POST' },
        path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
        ...(qualifier !== undefined && { query: { Qualifier: qualifier } }),
        headers: { 'content-type': 'application/json', ...headers },
        body: padTo === undefined ? body : padded(body, padTo),
        credentials: credentials(),
      }),
    );
  },

  /** What the driver has in its environment. */
  async environment(): Promise<Readonly<Record<string, string | undefined>>> {
    return { ...process.env };
  },
};

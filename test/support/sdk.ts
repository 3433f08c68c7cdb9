import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { atEndOfTest } from './ends.ts';

/** What fauxqs is tried with by its own authors, and so comes with it. */
const load = createRequire(fileURLToPath(import.meta.resolve('fauxqs')));

type Service = 's3' | 'sns' | 'sqs';
interface Client {
  send(command: object): Promise<Readonly<Record<string, unknown>>>;
  destroy(): void;
}
type Sdk = Readonly<Record<string, new (input: object) => object>>;

export type Send = (
  command: string,
  input: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

const made = (sdk: Sdk, name: string, input: object): object => {
  const Made = sdk[name];
  if (Made === undefined) throw new Error(`the SDK has no ${name}`);
  return new Made(input);
};

/** Calls of the real SDK: `call('Publish', { … })`. */
export function sdkClient(service: Service, endpoint: string, region = 'eu-central-1'): Send {
  const sdk = load(`@aws-sdk/client-${service}`) as Sdk;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = made(sdk, `${service.toUpperCase()}Client`, { endpoint, region, credentials }) as Client;
  atEndOfTest(() => client.destroy());
  return (command, input) => client.send(made(sdk, `${command}Command`, input));
}

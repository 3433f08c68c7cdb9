export type { AwsCredentials, AwsCredentialsProvider } from './credentials.ts';
export { type LeanStore, type LeanStoreOptions, leanStore } from './lean-store.ts';
export {
  type ConnectOptions,
  type LeanTransport,
  type LeanTransportOptions,
  leanTransport,
} from './lean-transport.ts';

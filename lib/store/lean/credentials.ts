import type { Clock } from '../../core/clock.ts';
import { textOf } from '../../core/property.ts';
import type { SigningCredentials } from '../../core/sigv4.ts';
import { runWithin } from '../../core/time-limit.ts';
import { fetchContainerCredentials, hasContainerCredentials } from './container-credentials.ts';
import { credentialsError } from './errors.ts';

/** As the SDK's `AwsCredentialIdentity`. */
export interface AwsCredentials extends SigningCredentials {
  /** When they end. Absent: they are taken until DynamoDB refuses them. */
  readonly expiration?: Date | undefined;
}

/** Gives credentials, as the SDK's `AwsCredentialIdentityProvider` does: one of the SDK's own fits. */
export type AwsCredentialsProvider = () => AwsCredentials | Promise<AwsCredentials>;

/** So long before they end they are fetched again, beside the requests. Milliseconds. */
const REFRESH_BEFORE_MS = 300_000;
/** No more often, whatever a clock or an answer says. Milliseconds. */
const REFRESH_EVERY_MS = 1_000;
/** A provider that takes longer is asked once more by the next request. Milliseconds. */
const PROVIDER_LIMIT_MS = 5_000;

/** Those in Lambda's variables. Read for each request: it costs a microsecond, and a test or an emulator changes them. */
function fromVariables(): AwsCredentials | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
}

/** Whether a value can be credentials. */
export const areCredentials = (given: unknown): given is AwsCredentials =>
  textOf(given, 'accessKeyId') !== '' && textOf(given, 'secretAccessKey') !== '';

function checked(given: unknown): AwsCredentials {
  if (areCredentials(given)) return given;
  throw credentialsError('expected credentials with `accessKeyId` and `secretAccessKey`');
}

/** Where the credentials of requests come from. What it holds is private: no log and no `inspect` shows it. */
export class CredentialSource {
  readonly #fixed: AwsCredentials | undefined;
  readonly #provide: AwsCredentialsProvider | undefined;
  readonly #clock: Clock;
  #current: AwsCredentials | undefined;
  #refreshing: Promise<AwsCredentials> | undefined;
  #refreshedAt = -Infinity;

  /** @param given Undefined: those of the environment. */
  constructor(given: AwsCredentials | AwsCredentialsProvider | undefined, clock: Clock) {
    this.#clock = clock;
    if (typeof given === 'function') this.#provide = given;
    else this.#fixed = given;
  }

  /** @throws {Error} named `CredentialsProviderError` where there are none, or what the provider throws. */
  get(): AwsCredentials | Promise<AwsCredentials> {
    const known = this.#fixed ?? (this.#provide ? undefined : fromVariables());
    if (known) return known;
    const current = this.#current;
    if (!current) return this.#refresh();
    const leftMs = (current.expiration?.getTime() ?? Infinity) - this.#clock.now();
    const isEnded = leftMs <= 0;
    if (isEnded && this.#refreshing) return this.#refreshing;
    const isDue =
      leftMs < REFRESH_BEFORE_MS && this.#clock.monotonic() - this.#refreshedAt >= REFRESH_EVERY_MS;
    // What was just fetched and seems to have ended is taken: this clock may be wrong, and DynamoDB decides.
    if (!isDue) return current;
    const refreshing = this.#refresh();
    if (isEnded) return refreshing;
    // They are good yet: the next request asks again.
    refreshing.catch(() => undefined);
    return current;
  }

  /** Has those read again that were refused. False: there are no others. */
  forget(refused: AwsCredentials): boolean {
    if (this.#current !== refused) return this.#current !== undefined;
    this.#current = undefined;
    return true;
  }

  /** Once for all that want it at the same time. */
  #refresh(): Promise<AwsCredentials> {
    if (this.#refreshing) return this.#refreshing;
    const clock = this.#clock;
    this.#refreshedAt = clock.monotonic();
    const exceeded = () => credentialsError(`expected credentials within ${PROVIDER_LIMIT_MS} ms`);
    const refreshing = runWithin({ clock, limitMs: PROVIDER_LIMIT_MS, exceeded }, async ({ signal }) => {
      if (this.#provide) return checked(await this.#provide());
      if (hasContainerCredentials()) return checked(await fetchContainerCredentials(clock, signal));
      throw credentialsError(
        'expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_CONTAINER_CREDENTIALS_FULL_URI',
      );
    })
      .then((credentials) => (this.#current = credentials))
      .finally(() => {
        this.#refreshing = undefined;
      });
    this.#refreshing = refreshing;
    return refreshing;
  }
}

import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { credentialSettings, setting } from './settings.ts';

/** SHA-256 in the shape that the signer wants: a hash, or an HMAC when there is a secret. */
class Sha256 {
  readonly #secret: string | NodeJS.ArrayBufferView | undefined;
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret =
      secret instanceof ArrayBuffer
        ? new Uint8Array(secret)
        : (secret as string | NodeJS.ArrayBufferView | undefined);
    this.#hash = this.#fresh();
  }
  #fresh() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    this.#hash = this.#fresh();
  }
}

/** Signs requests to a service of AWS with the role of the function. */
export const signerFor = (service: string): SignatureV4 =>
  new SignatureV4({
    service,
    region: setting('AWS_REGION'),
    credentials: credentialSettings(),
    sha256: Sha256,
  });

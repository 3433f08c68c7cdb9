import { Architecture } from 'aws-cdk-lib/aws-lambda';

/** What one architecture costs, in USD for a second of a gigabyte. */
export interface GbSecondPrices {
  /** Of an invocation on demand. */
  readonly onDemand: number;
  /** Of provisioned concurrency, used or not. */
  readonly provisioned: number;
  /** Of an invocation on provisioned concurrency, besides. */
  readonly provisionedDuration: number;
}

/** What warming costs, in USD. */
export interface WarmingPrices {
  /** From when they are, such as `2026-11`, and where. It is printed with what follows from them. */
  readonly basis: string;
  readonly arm64: GbSecondPrices;
  readonly x86: GbSecondPrices;
  /** Of an invocation. */
  readonly request: number;
  /** Of a run of a schedule. 14 million a month are free, which is left out. */
  readonly scheduledRun: number;
}

/** Those of us-east-1. Duration on provisioned concurrency of arm64 is unconfirmed. */
export const WARMING_PRICES: WarmingPrices = {
  basis: '2026-11, us-east-1',
  arm64: { onDemand: 0.0000133334, provisioned: 0.0000033334, provisionedDuration: 0.0000077778 },
  x86: { onDemand: 0.0000166667, provisioned: 0.0000041667, provisionedDuration: 0.0000097222 },
  request: 0.2e-6,
  scheduledRun: 1e-6,
};

export const pricesOf = (prices: WarmingPrices, architecture: Architecture): GbSecondPrices =>
  architecture.name === Architecture.ARM_64.name ? prices.arm64 : prices.x86;

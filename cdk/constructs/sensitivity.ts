import { Duration } from 'aws-cdk-lib';
import { IncludeDetail } from 'aws-cdk-lib/aws-events';

interface Preset {
  readonly customerKey: boolean;
  readonly archiveDays: number;
  readonly logDetail: IncludeDetail;
}

/**
 * How sensitive the events of a bus are, and what follows from it. Each of it can be overridden for a bus.
 *
 * | | key | archive | detail in the log of failures |
 * | --- | --- | --- | --- |
 * | `PUBLIC` | of AWS | 90 days | the event |
 * | `INTERNAL` | of AWS | 30 days | none |
 * | `RESTRICTED` | your own | 14 days | none |
 *
 * Every bus is encrypted. A key of your own adds what restricted data asks for: a policy apart from that of the bus, a trail of
 * each use, and an end to all copies at once when the key is disabled. It costs $1 a month and each request, a bus whose key is out
 * of reach delivers nothing, and it rules out schema discovery: too much for events that are no secret, or of no person's.
 */
export class Sensitivity {
  /** Anybody may know. Kept for a quarter, so that a new consumer can build its view from it: there is nothing in it to forget. */
  static readonly PUBLIC: Sensitivity = new Sensitivity('public', {
    customerKey: false,
    archiveDays: 90,
    logDetail: IncludeDetail.FULL,
  });
  /** The company's own. Kept for a month: longer than dead letters, so that one that was overlooked can be replayed. */
  static readonly INTERNAL: Sensitivity = new Sensitivity('internal', {
    customerKey: false,
    archiveDays: 30,
    logDetail: IncludeDetail.NONE,
  });
  /** Of people, or secret. Kept as long as dead letters are, and no longer: a copy less to erase when a person asks for it. */
  static readonly RESTRICTED: Sensitivity = new Sensitivity('restricted', {
    customerKey: true,
    archiveDays: 14,
    logDetail: IncludeDetail.NONE,
  });

  readonly name: string;
  /** Whether a bus has a customer's key unless it is said otherwise. */
  readonly customerKey: boolean;
  readonly archiveRetention: Duration;
  /** What the log of a bus says of an event. A log has other readers than the bus. */
  readonly logDetail: IncludeDetail;

  private constructor(name: string, { customerKey, archiveDays, logDetail }: Preset) {
    this.name = name;
    this.customerKey = customerKey;
    this.archiveRetention = Duration.days(archiveDays);
    this.logDetail = logDetail;
  }
}

import { TimeZone } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Days, KeepWarm, Prewarm, type ResilientFunction, type WarmedAlias } from 'fibrin/cdk';

export interface ProfileWarmthProps {
  /** Those whose handlers have the middleware `warmup`. */
  readonly pinged: readonly ResilientFunction[];
  /** Those that take batches of records. */
  readonly batched: readonly ResilientFunction[];
  /** The one whose cold starts users wait for. */
  readonly getProfile: ResilientFunction;
}

/** What keeps cold starts and versions that do not start away from users. */
export class ProfileWarmth extends Construct {
  readonly warmed: readonly WarmedAlias[];

  constructor(scope: Construct, id: string, { pinged, batched, getProfile }: ProfileWarmthProps) {
    super(scope, id);
    const prewarm = new Prewarm(this, 'Prewarm');
    for (const { alias } of pinged) prewarm.add(alias);
    for (const { alias } of batched) prewarm.add(alias, { payload: { Records: [] } });

    const { warmedAlias } = new KeepWarm(this, 'GetProfile', {
      alias: getProfile.alias,
      // 100 profiles an hour of 200 ms each.
      utilisation: (100 * 0.2) / 3_600 / 2,
      windows: [
        {
          days: Days.MONDAY_TO_FRIDAY,
          from: '08:00',
          to: '18:00',
          environments: 2,
          timeZone: TimeZone.EUROPE_BERLIN,
        },
      ],
    });
    this.warmed = warmedAlias ? [warmedAlias] : [];
  }
}

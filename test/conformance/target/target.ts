import type { ConformanceApp, Deployment, TargetName } from '../case.ts';

/** Where apps are deployed to. */
export interface Target {
  readonly name: TargetName;
  /** Deploys an app and gives it back when it can be asked. */
  deploy(app: ConformanceApp): Promise<Deployed>;
}

export interface Deployed {
  readonly deployment: Deployment;
  /** Takes the app away, where others need the room. */
  end(): Promise<void>;
}

import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { FunctionUrl } from 'aws-cdk-lib/aws-lambda';

/** Where posts and friend counts come from, and how functions call it. */
export interface Downstream {
  readonly environment: {
    readonly DOWNSTREAM_URL: string;
    /** `iam`: requests are signed. `none`: they are not, since a signature is for AWS alone. */
    readonly DOWNSTREAM_AUTH: 'iam' | 'none';
  };
  grantCall(grantee: IGrantable): void;
}

/**
 * The services at a URL, or else the stand-in of the app.
 * @param makeStandIn Called only where there is no URL.
 */
export function downstreamOf(url: string | undefined, makeStandIn: () => FunctionUrl): Downstream {
  if (url !== undefined)
    return {
      environment: { DOWNSTREAM_URL: url, DOWNSTREAM_AUTH: 'none' },
      grantCall() {
        // It asks for no rights of AWS.
      },
    };
  const standIn = makeStandIn();
  return {
    environment: { DOWNSTREAM_URL: standIn.url, DOWNSTREAM_AUTH: 'iam' },
    grantCall: (grantee) => void standIn.grantInvokeUrl(grantee),
  };
}

import { CfnRule, Fn } from 'aws-cdk-lib';
import type { Construct, Node } from 'constructs';

/** Who may call the API. `none` exists on this machine only. */
export type Authorization =
  | { readonly kind: 'iam' }
  | { readonly kind: 'jwt'; readonly issuer: string; readonly audience: readonly string[] }
  | { readonly kind: 'none' };

/** What differs between a laptop and a deployment. */
export interface Stage {
  readonly name: string;
  /** Run on this machine: open API, fault switches in the stand-in services. */
  readonly local: boolean;
  readonly authorization: Authorization;
  /** Whether functions set concurrency aside. Off for accounts whose limit leaves no room for it. */
  readonly reserveConcurrency: boolean;
}

function authorizationOf(node: Node): Authorization {
  const kind: unknown = node.tryGetContext('auth') ?? 'iam';
  if (kind === 'iam') return { kind };
  if (kind !== 'jwt')
    throw new Error(`Context \`auth\`: expected "iam" or "jwt", got ${JSON.stringify(kind)}`);
  const issuer: unknown = node.tryGetContext('jwtIssuer');
  const audience: unknown = node.tryGetContext('jwtAudience');
  if (typeof issuer !== 'string' || !issuer.startsWith('https://')) {
    throw new Error(
      `Context \`jwtIssuer\`: expected an https:// URL with auth=jwt, got ${JSON.stringify(issuer)}`,
    );
  }
  if (typeof audience !== 'string' || audience === '') {
    throw new Error(
      `Context \`jwtAudience\`: expected a comma-separated list with auth=jwt, got ${JSON.stringify(audience)}`,
    );
  }
  return { kind, issuer, audience: audience.split(',') };
}

/**
 * Makes CloudFormation refuse the template before it creates anything: an open API must not come into being by a typo. The
 * local run does not look at rules.
 */
export function forbidDeployment(scope: Construct): void {
  new CfnRule(scope, 'LocalStageStaysHere', {
    assertions: [
      {
        assert: Fn.conditionEquals('local', 'deployed'),
        assertDescription:
          'The stage "local" has an open API and runs on one machine only; deploy another stage',
      },
    ],
  });
}

/** Reads the context: `-c stage=…` (default `dev`), `-c auth=iam|jwt`, `-c reserveConcurrency=off`. */
export function stageOf(node: Node): Stage {
  const name: unknown = node.tryGetContext('stage') ?? 'dev';
  if (typeof name !== 'string' || !/^[a-z][a-z0-9]{0,19}$/.test(name)) {
    throw new Error(
      `Context \`stage\`: expected 1 to 20 lower-case letters and digits, got ${JSON.stringify(name)}`,
    );
  }
  const local = name === 'local';
  return {
    name,
    local,
    authorization: local ? { kind: 'none' } : authorizationOf(node),
    reserveConcurrency: node.tryGetContext('reserveConcurrency') !== 'off',
  };
}

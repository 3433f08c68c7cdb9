import { CfnRule, Fn } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { Construct, Node } from 'constructs';
import { LOCAL_RUN_CONTEXT } from '../../lib/core/local-run.ts';
import { type Authorization, authorizationOf } from './authorization.ts';
import { choiceContext, refuseContext, textContext } from './context.ts';
import { refuseTypos } from './context-typos.ts';

/** What differs between a laptop, an emulator and a deployment. */
export interface Stage {
  readonly name: string;
  /** Run on this machine: open API, fault switches in the stand-in services. */
  readonly local: boolean;
  /**
   * Deployed to an emulator of AWS: as in production, but no concurrency is set aside, which emulators do not keep, and its
   * data ends with the stack.
   */
  readonly emulator: boolean;
  readonly authorization: Authorization;
  readonly architecture: Architecture;
  /** Where posts and friend counts come from, called without a signature. Undefined for the app's own stand-in. */
  readonly downstreamUrl: string | undefined;
  /** Whether functions set concurrency aside. Off for accounts whose limit leaves no room for it. */
  readonly reserveConcurrency: boolean;
  /** How functions reach their tables. On this machine `FIBRIN_PROFILE_TRANSPORT=sdk` has them use the SDK, to try both. */
  readonly transport: 'lean' | 'sdk';
  /** Whether what cannot be made again outlives the stack. */
  readonly keepData: boolean;
}

const NAMES = ['stage', 'arch', 'auth', 'jwtIssuer', 'jwtAudience', 'downstreamUrl', 'reserveConcurrency'];

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

function nameOf(node: Node): string {
  const name = textContext(node, 'stage') ?? 'dev';
  if (!/^[a-z][a-z0-9]{0,19}$/.test(name))
    refuseContext(
      'stage',
      '1 to 20 lower-case letters and digits',
      name,
      'set it by -c stage=dev, or leave it out for that',
    );
  // By `cdk -c` it is text.
  if (name === 'local' && String(node.tryGetContext(LOCAL_RUN_CONTEXT)) !== 'true')
    refuseContext(
      'stage',
      'a stage to deploy, and this one has an open API for one machine alone',
      name,
      'run it by `npm start`, or deploy another stage: -c stage=dev',
    );
  return name;
}

/** In an emulator a function reaches no function URL, and what it reaches on this machine has no certificate. */
function downstreamUrlOf(node: Node, schemes: readonly string[]): string | undefined {
  const text = textContext(node, 'downstreamUrl');
  if (text === undefined) return undefined;
  const { protocol, username, password, search, hash } = URL.parse(text) ?? {};
  if (
    protocol === undefined ||
    !schemes.includes(protocol) ||
    [username, password, search, hash].some((part) => part !== '')
  )
    refuseContext(
      'downstreamUrl',
      `a URL with ${schemes.join('// or ')}// and without credentials, query and fragment`,
      // It may hold a secret.
      text.replace(/^.*@/, '…@').replace(/[?#].*$/, '?…'),
      'set it to the address above /posts and /social, or leave it out for the stand-in of the app',
    );
  return text;
}

/**
 * Reads the context. All of it is checked in every stage, also what a stage has no use for.
 *
 * | context | values | default |
 * | --- | --- | --- |
 * | `stage` | 1 to 20 lower-case letters and digits. `emulator` is for emulators, `local` for the local run alone | `dev` |
 * | `arch` | `arm64`, `x86_64` | `arm64` |
 * | `auth` | `iam`, `jwt` with `jwtIssuer` and `jwtAudience` | `iam` |
 * | `downstreamUrl` | an https:// URL, in the stage `emulator` http:// too | the stand-in of the app, which the stage `local` always has |
 * | `reserveConcurrency` | `on`, `off` | `on`; `off` in the stage `emulator` |
 */
export function stageOf(node: Node): Stage {
  refuseTypos(node, NAMES);
  const name = nameOf(node);
  const local = name === 'local';
  const emulator = name === 'emulator';
  const authorization = authorizationOf(node);
  const downstreamUrl = downstreamUrlOf(node, emulator ? ['https:', 'http:'] : ['https:']);
  const reserve = choiceContext(node, 'reserveConcurrency', emulator ? ['off', 'on'] : ['on', 'off']);
  return {
    name,
    local,
    emulator,
    authorization: local ? { kind: 'none' } : authorization,
    architecture:
      choiceContext(node, 'arch', ['arm64', 'x86_64']) === 'arm64'
        ? Architecture.ARM_64
        : Architecture.X86_64,
    downstreamUrl: local ? undefined : downstreamUrl,
    reserveConcurrency: reserve === 'on',
    transport: local && process.env['FIBRIN_PROFILE_TRANSPORT'] === 'sdk' ? 'sdk' : 'lean',
    keepData: !(local || emulator),
  };
}

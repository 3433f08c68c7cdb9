import type { Processes } from '../../lib/local/processes.ts';
import { type Answer, type SignedRequest, sendSigned } from './signed.ts';
import type { StackResource } from './stacks.ts';

/** A deployed app, as a user and an operator see it. */
export interface DeployedApp {
  readonly endpoint: URL;
  /** The API's own URL. */
  readonly apiUrl: string;
  readonly resources: readonly StackResource[];
  readonly processes: Processes;
  readonly folder: string;
}

export function expectThat(holds: boolean, expected: string, got: unknown): void {
  if (!holds) throw new Error(`expected ${expected}, got ${JSON.stringify(got)}`);
}

export function tableOf({ resources }: DeployedApp, logicalId: string): string {
  const found = resources.find(
    ({ type, logicalId: id }) => type === 'AWS::DynamoDB::GlobalTable' && id.startsWith(logicalId),
  );
  if (found === undefined)
    throw new Error(`the stack has no table whose logical id begins with ${logicalId}`);
  return found.physicalId;
}

export const callApi = (app: DeployedApp, asked: Partial<SignedRequest>): Promise<Answer> =>
  sendSigned({ endpoint: app.endpoint, host: new URL(app.apiUrl).host, service: 'execute-api', ...asked });

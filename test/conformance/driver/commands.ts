import { awsCommands } from './aws.ts';
import { lambdaCommands } from './lambda.ts';
import { recordCommands } from './records.ts';

/** What the driver can be asked for, by name. Each takes an input of JSON and gives a result of JSON. */
export const COMMANDS: Readonly<Record<string, (input: unknown) => Promise<unknown>>> = {
  ...recordCommands,
  ...lambdaCommands,
  ...awsCommands,
} as Readonly<Record<string, (input: unknown) => Promise<unknown>>>;

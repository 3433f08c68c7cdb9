import { OPERATOR_ACTIONS } from '../core/table-access.ts';
import { TABLE_VARIABLE } from '../core/table-layout.ts';

const { show, release, force, list } = OPERATOR_ACTIONS;

/** What the SDK says, by name, code and message, and what a user at a terminal can do about it. */
const FIXES: readonly (readonly [said: RegExp, fix: string])[] = [
  [
    /^ResourceNotFoundException/,
    `there is no such table for these credentials in this region; name the right one with --table (or ${TABLE_VARIABLE}) and --region`,
  ],
  [
    /^AccessDeniedException/,
    `these credentials may not; allow dynamodb:${show} on the table, dynamodb:${release} for release, dynamodb:${force} to force breakers, and dynamodb:${list} to list them`,
  ],
  [
    /^(Credentials|Token)ProviderError/,
    'no AWS credentials; log in, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  ],
  [
    /^(ExpiredToken|UnrecognizedClient|InvalidSignature|IncompleteSignature)/,
    'the AWS credentials are not accepted; log in again',
  ],
  [/Region is missing/, 'no AWS region; use --region or set AWS_REGION'],
  [
    /Region not accepted|ENOTFOUND/,
    'there is no DynamoDB of that name to reach; look at --region and the network',
  ],
  [/ECONNREFUSED/, 'nothing listens there; look at AWS_ENDPOINT_URL_DYNAMODB'],
  [
    /^ValidationException.*\bkey/i,
    'its partition key is another one, or not all of its key; name it with --key-attribute',
  ],
];

/** One line: the fix, and in parentheses what the SDK said. */
export function fixOf(cause: unknown): string {
  const { name, code = '', message } = cause as NodeJS.ErrnoException;
  const said = `${name} ${code} ${message}`.replaceAll(/\s+/g, ' ').trim();
  const [, fix = 'the request failed; try again'] = FIXES.find(([pattern]) => pattern.test(said)) ?? [];
  return `${fix} (${said})`;
}

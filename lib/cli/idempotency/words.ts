import { durationText, momentText } from '../time.ts';
import type { RecordedResult } from './result.ts';
import type { Found, Sight } from './sight.ts';

/** The state in words. */
export function stateText(sight: Sight): string {
  switch (sight.status) {
    case 'absent':
      return 'absent: no run has this key, or its run failed and freed it, or its record has expired';
    case 'unreadable':
      return 'unreadable: no record of this version of fibrin; use the version that the functions have';
    case 'in-progress':
      return `in progress: its lease lasts another ${durationText(sight.record.leaseUntil - sight.now)}`;
    case 'unknown':
      return `unknown: its lease ended ${durationText(sight.now - sight.record.leaseUntil)} ago without an outcome; the effect may have happened`;
    case 'completed':
      return 'completed: requests with this key get its result';
    case 'expired':
      return `past its retention: it was ${sight.record.state}; the next request with this key runs as if it were absent`;
  }
}

export const ABSENT_HINT =
  'Was one expected? Check table, region, --operation, and what else the function makes its keys of: --principal, --tenant, --hmac-secret-env, --json-key';

function resultText({ form, bytes, why }: RecordedResult, isShown: boolean): string {
  if (form === 'none') return `none: ${why}`;
  if (form === 'elsewhere') return "external: in the function's resultStore, under the same key";
  const size = `${bytes?.toLocaleString('en-US')} bytes of JSON${form === 'gzip' ? ', compressed in the record' : ''}`;
  return isShown ? size : `${size} (--result prints it; it may be personal data)`;
}

/** A record for people, a line for each of its parts. */
export function recordLines(
  { record, now }: Found,
  result: RecordedResult | undefined,
  isShown: boolean,
): string[] {
  const lease = `lease   ${record.leaseUntil < now ? 'ended' : 'ends'} ${momentText(record.leaseUntil, now)}`;
  const lines = [
    `owner   ${record.owner}`,
    `fence   ${record.fence}`,
    // A completed run needs no lease.
    ...(record.state === 'completed' ? [] : [lease]),
    `expires ${momentText(record.expiresAt * 1_000, now)}`,
  ];
  if (result) {
    lines.push(`result  ${resultText(result, isShown)}`);
    if (isShown && result.text !== undefined) lines.push(result.text || 'undefined');
  }
  return lines;
}

import type { InvocationResult } from './result.ts';

/** What Lambda's runtime brings along, and the local run finds in the project. */
const IN_RUNTIME = /Cannot find (?:module|package) '((?:@aws-sdk|@smithy)\/[^'/]+)/;

/** What is printed of a start that failed: the error with its stack, and what helps where that is known. */
export function initFailureLines(result: InvocationResult): readonly string[] {
  if (result.kind !== 'error') return [];
  const { errorMessage, trace = [] } = JSON.parse(result.payload) as {
    readonly errorMessage: string;
    readonly trace?: readonly string[];
  };
  // Killed: the one who did it knows.
  if (errorMessage.endsWith('signal: killed')) return [];
  const text = errorMessage.replace(/^RequestId: {2}Error: /, '');
  const stack = trace.join('\n');
  const at = stack.indexOf(text);
  // Most stacks begin with the message; that of a syntax error begins with the place.
  const rest = at >= 0 && !stack.slice(0, at).includes('\n') ? stack.slice(at + text.length) : stack;
  const lines = `init error ${result.errorType}: ${text}\n${rest}`.split('\n');
  const missing = IN_RUNTIME.exec(errorMessage)?.[1];
  if (missing)
    lines.push(
      `${missing} is part of Lambda's runtime; here it comes from the project: npm install -D ${missing}`,
    );
  return lines.filter((line) => line.trim() !== '');
}

import { correlationId } from 'fibrin/telemetry';

type Level = 'info' | 'warn' | 'error';

/** Writes one line of JSON with the correlation id. Fields are names, codes and numbers: no text of others, no person's data. */
export function log(level: Level, message: string, fields: object = {}): void {
  const line = { level: level.toUpperCase(), message, ...fields, correlationId: correlationId() };
  console[level](JSON.stringify(line));
}

/** A name or a code. Longer text, and text with blanks, is content. */
const WORD = /^[\w.$:-]{1,60}$/;
const MAX_CAUSES = 5;

interface ErrorLike {
  readonly name?: unknown;
  readonly code?: unknown;
  /** Of what a service answered with. `status` is what our own caller is answered with. */
  readonly downstreamStatus?: unknown;
  /** Of the AWS SDK's errors. */
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  readonly cause?: unknown;
}

const isObject = (value: unknown): value is ErrorLike => typeof value === 'object' && value !== null;
const wordOf = (value: unknown) => (typeof value === 'string' && WORD.test(value) ? value : undefined);
const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);

function described({ name, code, downstreamStatus, $metadata }: ErrorLike) {
  return {
    error: wordOf(name) ?? 'unnamed',
    code: wordOf(code),
    status: numberOf(downstreamStatus) ?? numberOf($metadata?.httpStatusCode),
  };
}

/** Why something failed, for `log`: names, codes and statuses of an error and its causes. Messages and bodies may quote anything. */
export function reasonOf(error: unknown): object {
  const chain: ErrorLike[] = [];
  for (let link = error; isObject(link) && chain.length <= MAX_CAUSES; link = link.cause) chain.push(link);
  const [thrown, ...causes] = chain.map(described);
  return { ...(thrown ?? { error: typeof error }), ...(causes.length > 0 && { causes }) };
}

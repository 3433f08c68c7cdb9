import type { MappingStep } from '../template/apis.ts';
import { type Header, headerOf, type Received } from './received.ts';
import type { Answer } from './server.ts';

/** What the values of a mapping can be taken from. */
export interface MappingSources {
  readonly received: Received;
  readonly body: Buffer;
  /** Without the stage. */
  readonly path: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly context: Readonly<Record<string, string>>;
  readonly answer?: Answer;
}

/** API Gateway reads no more of a body for a mapping. */
const MAX_MAPPED_BODY_BYTES = 100 * 1_024;

/** A path of members and indices, such as `a.b[0].c`. */
function jsonAt(body: Buffer, path: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body.subarray(0, MAX_MAPPED_BODY_BYTES).toString('utf8'));
  } catch {
    return undefined;
  }
  for (const name of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const answerHeader = ({ headers = {} }: Answer, name: string): string | undefined => {
  const value = headers[name.toLowerCase()];
  return typeof value === 'object' ? value.join(',') : value;
};

function lookUp(expression: string, sources: MappingSources): string | undefined {
  const [, source = '', name = ''] =
    /^(request\.(?:header|querystring|path|body)|response\.(?:header|body)|context|stageVariables)(?:\.(.+))?$/s.exec(
      expression,
    ) ?? [];
  const { received, body, answer } = sources;
  switch (source) {
    case 'request.header':
      return headerOf(received, name.toLowerCase());
    case 'request.querystring': {
      const values = new URLSearchParams(received.query).getAll(name);
      return values.length === 0 ? undefined : values.join(',');
    }
    case 'request.path':
      return name === '' ? sources.path : sources.pathParameters[name];
    case 'request.body':
      return name === '' ? body.toString('utf8') : jsonAt(body, name);
    case 'response.header':
      return answer && answerHeader(answer, name);
    case 'response.body':
      return (
        answer && (name === '' ? String(answer.body ?? '') : jsonAt(Buffer.from(answer.body ?? ''), name))
      );
    case 'context':
      return sources.context[name];
    default:
      return sources.stageVariables[name];
  }
}

/** A value: text, one expression as a whole (`$request.path`), or text with expressions in it (`a/${request.path.id}`). */
function valueIn(text: string, sources: MappingSources): string | undefined {
  if (/^\$[a-zA-Z]/.test(text)) return lookUp(text.slice(1), sources);
  return text.replaceAll(/\$\{([^}]+)\}/g, (_, expression: string) => lookUp(expression, sources) ?? '');
}

/** One name among several, changed: its old values, and then its new one, or only that. */
function changed(
  pairs: readonly Header[],
  { action, name }: MappingStep,
  isSame: (candidate: string) => boolean,
  value: string | undefined,
): readonly Header[] {
  const others = action === 'append' ? pairs : pairs.filter(([candidate]) => !isSame(candidate));
  return value === undefined || action === 'remove' ? others : [...others, [name, value]];
}

/**
 * Changes a request on its way to an integration. All values are those of the request as it came.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
 */
export function mapRequest(steps: readonly MappingStep[], sources: MappingSources): Received {
  let { headers, path } = sources.received;
  let query: readonly Header[] = [...new URLSearchParams(sources.received.query)];
  for (const step of steps) {
    const value = valueIn(step.value, sources);
    // What a request does not have changes nothing.
    if (value === undefined && step.action !== 'remove') continue;
    const sameHeader = (candidate: string) => candidate.toLowerCase() === step.name.toLowerCase();
    if (step.part === 'header') headers = changed(headers, step, sameHeader, value);
    else if (step.part === 'querystring')
      query = changed(query, step, (candidate) => candidate === step.name, value);
    else path = value ?? path;
  }
  const isQueryMapped = steps.some(({ part }) => part === 'querystring');
  return {
    ...sources.received,
    ...{ headers, path },
    ...(isQueryMapped && {
      query: new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString(),
    }),
  };
}

/** Changes the answer of an integration. */
export function mapAnswer(steps: readonly MappingStep[], sources: MappingSources, answer: Answer): Answer {
  const headers = new Map(Object.entries(answer.headers ?? {}));
  let { statusCode } = answer;
  for (const { action, part, name, value: text } of steps) {
    const value = valueIn(text, { ...sources, answer });
    if (part === 'statuscode') statusCode = Number(value ?? statusCode);
    else if (action === 'remove') headers.delete(name);
    else if (value !== undefined) {
      const before = action === 'append' ? headers.get(name) : undefined;
      headers.set(name, before === undefined ? value : [before, value].flat());
    }
  }
  return { ...answer, statusCode, headers: Object.fromEntries(headers) };
}

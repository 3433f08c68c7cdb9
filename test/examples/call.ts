import { lambdaContext } from '../../lib/testing/lambda-context.ts';
import type { Example } from './collect.ts';
import { eventFor } from './events.ts';
import type { Scope } from './module.ts';

/** What an invocation has left at first: Lambda's default timeout. Milliseconds. */
export const INVOCATION_MS = 3_000;

/** Of a call by the runner, since a breaker or a retry by itself sets none. Milliseconds. */
const CALL_LIMIT_MS = 3_000;

type Arguments = (event: object, context: object) => readonly unknown[];

/** How to call functions that examples define for others to call, by name. */
const ARGUMENTS: Readonly<Record<string, Arguments>> = {
  handler: (event, context) => [event, context],
  pay: (event, context) => [event, context],
  charge: (event, context) => [event, context],
  withdraw: (_event, context) => [{ id: 'w-1', account: 'ada', cents: 100 }, context],
  postsOf: () => ['7'],
  readProfile: () => ['7'],
  onChange: () => [{ id: '7', version: 2 }],
  writeProfile: () => [{ id: '7', name: 'Ada', version: 2 }, AbortSignal.timeout(CALL_LIMIT_MS)],
  key: (event) => [event],
  // Clients of the SDK, that its handler would call, and the URL of a queue.
  handlerWith: () => [{}, {}, 'https://sqs.example/1/undelivered'],
  onEvent: () => [{ kind: 'completed', operation: 'ship', key: '5f2b' }],
};

interface Policy {
  execute(work: (call: { readonly signal: AbortSignal }) => Promise<unknown>): Promise<unknown>;
}

const isPolicy = (value: unknown): value is Policy =>
  typeof value === 'object' && value !== null && 'execute' in value && typeof value.execute === 'function';

type AnyFunction = (...args: readonly unknown[]) => unknown;

const isFunction = (value: unknown): value is AnyFunction => typeof value === 'function';

const isExported = (code: string, name: string): boolean =>
  new RegExp(`^export (?:const|(?:async )?function) ${name}\\b`, 'm').test(code);

const isCalled = (code: string, name: string): boolean => new RegExp(`(?<![.\\w])${name}\\(`).test(code);

/** Whether the code does nothing with a policy but make it: others call it then. */
const isPolicyForOthers = (code: string, name: string): boolean =>
  isExported(code, name) || (code.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length === 1;

const POLICIES =
  /^(?:export )?const (\w+) = (?:resilient|retry|rateLimit|bulkhead|timeout|fallback|validation|circuitBreaker|sharedBreaker)\b/gm;

/** Whether an example calls a service: it names one, publishes events, or makes a policy that `callAll` calls. */
export const callsServices = ({ code }: Example): boolean =>
  /\bhttps?:\/\/\w/.test(code) ||
  /\beventPublisher\(/.test(code) ||
  [...code.matchAll(POLICIES)].some(([, name = '']) => isPolicyForOthers(code, name));

/** A call as the documentation has it: it has a time limit, and the status says whether it worked. */
async function callRates(origin: string, signal: AbortSignal): Promise<string> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(CALL_LIMIT_MS)]);
  const response = await fetch(`${origin}/rates.example/eur`, { signal: within });
  if (!response.ok) throw Object.assign(new Error('rates refused'), { status: response.status });
  return response.text();
}

/**
 * Calls what an example defines for others to call: functions that it exports, and policies that it does not use.
 * @returns What they gave, by name.
 * @throws where nothing says how to call what it exports.
 */
export async function callAll({ code }: Example, scope: Scope, origin: string): Promise<Scope> {
  const event = eventFor(code);
  const context = lambdaContext({ remainingMs: INVOCATION_MS });
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(scope)) {
    if (isPolicy(value) && isPolicyForOthers(code, name))
      given[name] = await value.execute(({ signal }) => callRates(origin, signal));
    if (!isFunction(value) || (isCalled(code, name) && !isExported(code, name))) continue;
    const argumentsOf = ARGUMENTS[name];
    if (argumentsOf) given[name] = await value(...argumentsOf(event, context));
    else if (isExported(code, name))
      throw new Error(`exports ${name}: add its arguments to test/examples/call.ts`);
  }
  return given;
}

import { lambdaContext } from '../../lib/testing/lambda-context.ts';
import type { Example } from './collect.ts';
import { eventFor } from './events.ts';
import type { Scope } from './module.ts';

/** What an invocation has left at first: Lambda's default timeout. Milliseconds. */
export const INVOCATION_MS = 3_000;

type Arguments = (event: object, context: object) => readonly unknown[];

/** How to call functions that examples define for others to call, by name. */
const ARGUMENTS: Readonly<Record<string, Arguments>> = {
  handler: (event, context) => [event, context],
  pay: (event, context) => [event, context],
  withdraw: (_event, context) => [{ id: 'w-1', account: 'ada', cents: 100 }, context],
  postsOf: () => ['7'],
  key: (event) => [event],
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

/** Whether the code itself calls a function, or a method of an object. */
const isCalled = (code: string, name: string): boolean =>
  new RegExp(`(?<![.\\w])${name}(?:\\.\\w+)?\\(`).test(code);

const isForOthers = (code: string, name: string): boolean => isExported(code, name) || !isCalled(code, name);

const POLICIES =
  /^(?:export )?const (\w+) = (?:resilient|retry|timeout|fallback|validation|circuitBreaker|sharedBreaker)\b/gm;

/** Whether an example calls a service: it names one, publishes events, or makes a policy that `callAll` calls. */
export const callsServices = ({ code }: Example): boolean =>
  /\bhttps?:\/\/\w/.test(code) ||
  /\beventPublisher\(/.test(code) ||
  [...code.matchAll(POLICIES)].some(([, name = '']) => isForOthers(code, name));

/** A call as the documentation has it: the status says whether it worked. */
async function callRates(origin: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${origin}/rates.example/eur`, { signal });
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
  for (const [name, value] of Object.entries(scope).filter(([key]) => isForOthers(code, key))) {
    const argumentsOf = ARGUMENTS[name];
    if (isPolicy(value)) given[name] = await value.execute(({ signal }) => callRates(origin, signal));
    else if (isFunction(value) && argumentsOf) given[name] = await value(...argumentsOf(event, context));
    else if (isFunction(value) && isExported(code, name))
      throw new Error(`exports ${name}: add its arguments to test/examples/call.ts`);
  }
  return given;
}

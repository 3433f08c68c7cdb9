import { AsyncLocalStorage } from 'node:async_hooks';

type Fields = Record<string | symbol, unknown>;

/** Names that the runtime sets. */
const KEYS = {
  REQUEST_ID: Symbol.for('_AWS_LAMBDA_REQUEST_ID'),
  X_RAY_TRACE_ID: Symbol.for('_AWS_LAMBDA_X_RAY_TRACE_ID'),
  TENANT_ID: Symbol.for('_AWS_LAMBDA_TENANT_ID'),
};

const storage = new AsyncLocalStorage<Fields>();
const field = (key: string | symbol): unknown => storage.getStore()?.[key];
const isProtectedKey = (key: string | symbol): boolean =>
  Object.values(KEYS).some((protectedKey) => protectedKey === key);

/**
 * `awslambda.InvokeStore`: what belongs to the invocation that code is running for. AWS's SDK finds the trace there.
 * @see https://www.npmjs.com/package/@aws/lambda-invoke-store
 */
export const invokeStore = {
  getContext: (): Fields | undefined => storage.getStore(),
  hasContext: (): boolean => storage.getStore() !== undefined,
  get: (key: string | symbol): unknown => field(key),
  set(key: string | symbol, value: unknown): void {
    if (isProtectedKey(key)) throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
    const fields = storage.getStore();
    if (fields === undefined) throw new Error('No context available');
    fields[key] = value;
  },
  run: <T>(fields: Fields, call: () => T): T => storage.run(fields, call),
  isProtectedKey: (key: string | symbol): boolean => isProtectedKey(key),
  getRequestId: (): unknown => field(KEYS.REQUEST_ID) ?? '-',
  getXRayTraceId: (): unknown => field(KEYS.X_RAY_TRACE_ID),
  getTenantId: (): unknown => field(KEYS.TENANT_ID),
};

/** Runs what belongs to one invocation. */
export const inInvocation = <T>(requestId: unknown, traceId: unknown, call: () => T): T =>
  storage.run({ [KEYS.REQUEST_ID]: requestId, [KEYS.X_RAY_TRACE_ID]: traceId }, call);

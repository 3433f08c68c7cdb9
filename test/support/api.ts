/** The HTTP surface of a local run, as the tests use it. */
export interface Api {
  get(path: string, init?: RequestInit): Promise<Response>;
  profile(id: number): Promise<Profile>;
  put(id: number | string, key: string | undefined, body: unknown, init?: RequestInit): Promise<Response>;
  fault(target: string, fault: unknown): Promise<Response>;
  clearFaults(): Promise<void>;
  state(): Promise<RunState>;
  /** What has come to a fault target since the run began. */
  traffic(target: string): Promise<Traffic>;
}

export interface Profile {
  readonly user: { readonly id: string; readonly name: string; readonly version: number };
  readonly posts: readonly { readonly id: string }[];
  readonly friendCount: number | null;
  readonly degraded: readonly string[];
  readonly sources: Readonly<Record<string, string>>;
}

interface Traffic {
  readonly requests: number;
  readonly faulted: number;
}

interface QueueState {
  readonly name: string;
  readonly depth: { readonly visible: number; readonly inFlight: number; readonly delayed: number };
  readonly deadLetters?: readonly DeadLetter[];
}

export interface DeadLetter {
  readonly body: string;
  readonly reason: string;
  readonly receiveCount: number;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface RunState {
  readonly timeScale: number;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly functionUrls: Readonly<Record<string, string>>;
  readonly tables: readonly { readonly name: string; readonly logicalId: string }[];
  readonly queues: readonly QueueState[];
  readonly buses: readonly { readonly name: string }[];
  readonly rules: readonly {
    readonly name: string;
    readonly matched: number;
    readonly targets: readonly {
      readonly retries: number;
      readonly delivered: number;
      readonly deadLettered: number;
    }[];
  }[];
  readonly mappings: readonly {
    readonly function: string;
    readonly batches: number;
    readonly records: number;
  }[];
  readonly schedules: readonly { readonly name: string; readonly runs: number }[];
  readonly asyncInvocations: readonly { readonly function: string; readonly queued: number }[];
  readonly functions: readonly {
    readonly name: string;
    readonly sandboxes: readonly { readonly pid?: number; readonly state: string }[];
    readonly invocations: number;
    readonly errors: number;
    readonly throttles: number;
    readonly coldStarts: number;
    readonly concurrency: number;
  }[];
  readonly faults: Readonly<Record<string, unknown>>;
  readonly breakers: readonly { readonly name: string; readonly state: string }[];
  readonly dynamodb: { readonly engine: string };
}

export function apiOf(url: string): Api {
  const get: Api['get'] = (path, init) => fetch(`${url}${path}`, init);
  return {
    get,
    async profile(id) {
      const response = await get(`/api/profiles/${id}`);
      if (response.status !== 200)
        throw new Error(`expected 200, got ${response.status}: ${await response.text()}`);
      return profileOf(response);
    },
    put: (id, key, body, init = {}) =>
      fetch(`${url}/api/profiles/${id}`, {
        method: 'PUT',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
        headers: {
          'content-type': 'application/json',
          ...(key !== undefined && { 'idempotency-key': key }),
          ...init.headers,
        },
      }),
    fault: (target, fault) =>
      fetch(`${url}/_fibrin/faults/${target}`, { method: 'PUT', body: JSON.stringify(fault) }),
    async clearFaults() {
      await fetch(`${url}/_fibrin/faults`, { method: 'DELETE' });
    },
    async state() {
      return (await (await get('/_fibrin/state')).json()) as RunState;
    },
    async traffic(target) {
      const all = await bodyOf<Record<string, Traffic>>(await get('/_fibrin/traffic'));
      return all[target] ?? { requests: 0, faulted: 0 };
    },
  };
}

/** Where the parts of a profile are from, as the answer's header says it: `user=live, friend-count=cache`. */
export const sourcesOf = (header: string | null): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from((header ?? '').matchAll(/([\w-]+)=(\w+)/g), ([, part = '', source = '']) => [
      part.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
      source,
    ]),
  );

/** The profile in an answer, or the problem, with where its parts are from. */
export async function profileOf<T extends Profile>(response: Response): Promise<T> {
  const body = (await response.json()) as T;
  return { ...body, sources: sourcesOf(response.headers.get('profile-sources')) };
}

/** The body of an answer, as the test says it looks. */
export async function bodyOf<T = Readonly<Record<string, unknown>>>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

/** What state the breaker of that name is in; undefined: nobody has used it. */
export const breakerStateOf = async (api: Api, breaker: string): Promise<string | undefined> =>
  (await api.state()).breakers.find(({ name }) => name === breaker)?.state;

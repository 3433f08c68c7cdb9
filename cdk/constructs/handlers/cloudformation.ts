import { type Clock, sleep } from '#core/clock';

/** What CloudFormation sends to a custom resource. */
export interface ResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  /** Presigned: any holder can answer. */
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  /** All values are text. */
  readonly ResourceProperties: Readonly<Record<string, string>>;
  readonly OldResourceProperties?: Readonly<Record<string, string>>;
}

const ATTEMPTS = 5;
const ATTEMPT_LIMIT_MS = 5_000;
const FIRST_WAIT_MS = 500;

async function put(url: string, body: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(ATTEMPT_LIMIT_MS);
    // As bytes: with text there would be a content type, which the signature of the address does not cover.
    const { ok, status } = await fetch(url, { method: 'PUT', body: new TextEncoder().encode(body), signal });
    return ok ? '' : `HTTP ${status}`;
  } catch (error) {
    return (error as Error).name;
  }
}

/**
 * Answers CloudFormation, which waits for it.
 * @param failure Why the resource fails; undefined where it succeeds.
 * @throws where CloudFormation cannot be reached: Lambda then runs the whole event again, twice, later.
 */
export async function answer(event: ResourceEvent, failure: string | undefined, clock: Clock): Promise<void> {
  const { StackId, RequestId, LogicalResourceId, PhysicalResourceId = LogicalResourceId } = event;
  const body = JSON.stringify({
    ...{ StackId, RequestId, LogicalResourceId, PhysicalResourceId },
    ...(failure === undefined ? { Status: 'SUCCESS' } : { Status: 'FAILED', Reason: failure }),
  });
  let trouble = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await sleep(clock, FIRST_WAIT_MS * 2 ** (attempt - 1));
    trouble = await put(event.ResponseURL, body);
    if (trouble === '') return;
  }
  throw new Error(`CloudFormation took no answer for ${LogicalResourceId}: ${trouble}`);
}

import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { executionModeStreamifyResponse } from '@middy/core/StreamifyResponse';
import type { Context } from 'aws-lambda';
import { lambdaContext } from '../contexts.ts';
import { type Form, inEach, lambda } from '../forms.ts';
import { type Outcome, outcomeOf, outcomeWithin, say, times } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';
import type { Event, Run, Sandbox } from '../subject.ts';

/** A handler as the Lambda runtime calls it when it streams. */
type Streaming = (event: Event, stream: PassThrough, context: Context) => Promise<unknown>;

/** What the Lambda runtime puts there for functions that stream. */
const awslambda = {
  streamifyResponse: (handler: Streaming) => handler,
  HttpResponseStream: { from: (stream: PassThrough) => stream },
};

/** Without Middy the handler gets the stream as its second argument, and writes. */
function handlerOf(form: Form | 'native', sandbox: Sandbox, effect: () => unknown): Streaming {
  const guard = { operation: form, key: ['id'] };
  if (form === 'native') {
    const write: Streaming = async (_, stream) => {
      effect();
      stream.end('report');
    };
    return sandbox.wrap(guard, write as unknown as Run) as unknown as Streaming;
  }
  const report = async () => {
    effect();
    return { statusCode: 200, body: Readable.from(['report']) };
  };
  const plugin = { executionMode: executionModeStreamifyResponse };
  return lambda(form, sandbox, guard, report, { plugin }) as unknown as Streaming;
}

/** What a caller reads: all that was streamed, or why the call failed. */
async function callOf(handler: Streaming): Promise<Outcome> {
  const stream = new PassThrough();
  const body = text(stream);
  const ended = await outcomeOf(handler({ id: 1 }, stream, lambdaContext()));
  if (ended.kind === 'value') return outcomeWithin(1_000, body);
  stream.end();
  return ended;
}

export const h25: Scenario = {
  id: 'H25',
  title: 'streamed responses fail after the effect',
  async run(subject) {
    Object.assign(globalThis, { awslambda });
    try {
      return await inEach(['native', 'wrapper', 'middleware'], async (form) => {
        let runs = 0;
        const handler = handlerOf(form, subject.sandbox(), () => runs++);
        const first = await callOf(handler);
        const retry = await callOf(handler);
        const refused = runs === 0 && first.kind === 'error' && retry.kind === 'error';
        // A retry may be refused, but must not be left with a stream that nobody ends.
        const streamed = say(first) === 'report' && (say(retry) === 'report' || retry.kind === 'error');
        return {
          ok: refused || (runs === 1 && streamed),
          observed: `${times(runs)}, the caller got ${say(first)}, its retry ${say(retry)}`,
        };
      });
    } finally {
      Reflect.deleteProperty(globalThis, 'awslambda');
    }
  },
};

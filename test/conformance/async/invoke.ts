import assert from 'node:assert/strict';
import type { ConformanceCase, Deployment } from '../case.ts';
import {
  bodyOf,
  functionArn,
  invoke,
  nameOf,
  newId,
  pause,
  probe,
  seenNow,
  seenOnce,
} from '../events/calls.ts';
import { ALIASES, ASYNC, asyncCase, CONTEXT, EXCEPTIONS, INVOKE, SYNC, TIMEOUT } from './pages.ts';

const ID = 'Worker';

/** The forms of a function's name that `Invoke` takes. */
const NAME_FORMS: Readonly<Record<string, (deployed: Deployment) => Promise<string>>> = {
  'the name of a function': (deployed) => nameOf(deployed, `NAME_${ID}`),
  'the ARN of a function': (deployed) => functionArn(deployed, ID),
  'a partial ARN with the account and the name': async (deployed) =>
    `${await nameOf(deployed, 'ACCOUNT')}:function:${await nameOf(deployed, `NAME_${ID}`)}`,
  'a name with an alias appended': async (deployed) => `${await nameOf(deployed, `NAME_${ID}`)}:live`,
  'an ARN with an alias appended': async (deployed) => `${await functionArn(deployed, ID)}:live`,
};

const names = Object.entries(NAME_FORMS).map(([form, make]) =>
  asyncCase(`Invoke takes ${form}`, INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId(), { answer: form }), {
      functionName: await make(deployed),
    });
    assert.equal(bodyOf(answer), form);
  }),
);

const kinds = [
  asyncCase('RequestResponse answers 200 with what the function returned', INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId(), { answer: { a: [1, null, 'ä'] } }), {
      type: 'RequestResponse',
    });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { a: [1, null, 'ä'] });
    assert.equal(answer.headers['x-amz-function-error'], undefined);
  }),
  asyncCase('a request without an invocation type waits for the response', INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId(), { answer: 7 }));
    assert.deepEqual([answer.status, answer.body], [200, 7]);
  }),
  asyncCase('Event answers 202 and no more', ASYNC, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId(), { answer: 7 }), { type: 'Event' });
    assert.deepEqual([answer.status, answer.body], [202, '']);
  }),
  asyncCase('Event gives the function the event as it was sent', ASYNC, async (deployed) => {
    const id = newId();
    const event = { ...probe(id), list: [1.5, true, null], text: 'ä\n"' };
    await invoke(deployed, ID, event, { type: 'Event' });
    assert.deepEqual((await seenOnce(deployed, id)).value.event, event);
  }),
  asyncCase('DryRun answers 204 and does not run the function', INVOKE, async (deployed) => {
    const id = newId();
    const answer = await invoke(deployed, ID, probe(id), { type: 'DryRun' });
    assert.deepEqual([answer.status, answer.body], [204, '']);
    await pause(deployed, 30);
    assert.deepEqual(await seenNow(deployed, id), []);
  }),
  asyncCase('another invocation type is answered with 400', INVOKE, async (deployed) => {
    assert.equal((await invoke(deployed, ID, {}, { type: 'Later' })).status, 400);
  }),
  asyncCase('X-Amz-Executed-Version says which version ran', INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId()));
    assert.equal(answer.headers['x-amz-executed-version'], '$LATEST');
  }),
];

const REFUSED = [
  ...(['RequestResponse', 'Event'] as const).map((type) => ({
    title: `${type} refuses a payload that is no JSON with InvalidRequestContentException, 400`,
    options: { type, text: '{"a":' },
    expected: [400, 'InvalidRequestContentException'],
  })),
  ...(['RequestResponse', 'Event'] as const).map((type) => ({
    title: `${type} answers ResourceNotFoundException, 404, for a function that is not there`,
    options: { type, functionName: 'no-such-function' },
    expected: [404, 'ResourceNotFoundException'],
  })),
  {
    title: 'a qualifier that is not there is answered with ResourceNotFoundException, 404',
    options: { qualifier: 'nowhere' },
    expected: [404, 'ResourceNotFoundException'],
  },
];

const refused = REFUSED.map(({ title, options, expected }) =>
  asyncCase(title, INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, {}, options);
    assert.deepEqual([answer.status, answer.error], expected);
  }),
);

const errors = [
  asyncCase(
    'an error of the function is answered with 200 and X-Amz-Function-Error',
    SYNC,
    async (deployed) => {
      const answer = await invoke(deployed, ID, probe(newId(), { fail: true }));
      assert.deepEqual([answer.status, answer.headers['x-amz-function-error']], [200, 'Unhandled']);
    },
  ),
  asyncCase(
    'an error of the function has its type, its message and its stack trace',
    EXCEPTIONS,
    async (deployed) => {
      const error = { name: 'OrderError', message: 'no such order' };
      const answer = await invoke(deployed, ID, probe(newId(), { fail: true, error }));
      const { errorType, errorMessage, trace } = answer.body as Record<string, unknown>;
      assert.deepEqual([errorType, errorMessage], ['OrderError', 'no such order']);
      assert.match(String((trace as readonly string[])[0]), /no such order/);
    },
  ),
  asyncCase('a function that takes longer than its timeout is ended', TIMEOUT, async (deployed) => {
    const answer = await invoke(deployed, 'Short', probe(newId(), { sleepMs: 3_000 }));
    assert.equal(answer.headers['x-amz-function-error'], 'Unhandled');
    const { errorMessage } = answer.body as Record<string, unknown>;
    assert.match(String(errorMessage), /Task timed out after 1\.00 seconds/);
  }),
  asyncCase('a runtime that exits is an error of the function', SYNC, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId(), { exit: true }));
    assert.deepEqual([answer.status, answer.headers['x-amz-function-error']], [200, 'Unhandled']);
  }),
];

const logOf = (answer: { readonly headers: Readonly<Record<string, string>> }): string =>
  Buffer.from(answer.headers['x-amz-log-result'] ?? '', 'base64').toString('utf8');

const logs = [
  asyncCase('LogType Tail answers with the log of the invocation in base64', INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId(), { log: 'a line of the log' }), {
      headers: { 'x-amz-log-type': 'Tail' },
    });
    assert.match(logOf(answer), /a line of the log/);
  }),
  asyncCase('LogType Tail gives no more than the last 4 KB of the log', INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId(), { log: `${'x'.repeat(6_000)} the end` }), {
      headers: { 'x-amz-log-type': 'Tail' },
    });
    assert.match(logOf(answer), /the end/);
    assert.ok(logOf(answer).length <= 4_096, `${logOf(answer).length} bytes`);
  }),
  asyncCase('without LogType Tail there is no log in the answer', INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId(), { log: 'a line of the log' }));
    assert.equal(answer.headers['x-amz-log-result'], undefined);
  }),
  asyncCase('LogType Tail is for synchronous invocations alone', INVOKE, async (deployed) => {
    const answer = await invoke(deployed, ID, probe(newId()), {
      ...{ type: 'Event', headers: { 'x-amz-log-type': 'Tail' } },
    });
    assert.deepEqual([answer.status, answer.headers['x-amz-log-result']], [202, undefined]);
  }),
];

const clientContext = { 'x-amz-client-context': Buffer.from('{"custom":{"a":"b"}}').toString('base64') };

const contexts = [
  asyncCase('a synchronous invocation passes its client context on', INVOKE, async (deployed) => {
    const id = newId();
    await invoke(deployed, ID, probe(id), { headers: clientContext });
    const { clientContext: passed } = (await seenOnce(deployed, id)).value;
    assert.deepEqual((passed as { readonly custom?: object } | undefined)?.custom, { a: 'b' });
  }),
  asyncCase('an asynchronous invocation does not pass a client context on', INVOKE, async (deployed) => {
    const id = newId();
    await invoke(deployed, ID, probe(id), { type: 'Event', headers: clientContext });
    assert.equal((await seenOnce(deployed, id)).value.clientContext ?? undefined, undefined);
  }),
  asyncCase('context.invokedFunctionArn has the alias that was invoked', CONTEXT, async (deployed) => {
    const id = newId();
    await invoke(deployed, ID, probe(id), { qualifier: 'live' });
    assert.equal((await seenOnce(deployed, id)).value.arn, `${await functionArn(deployed, ID)}:live`);
  }),
  asyncCase('context.invokedFunctionArn has no qualifier where none was given', CONTEXT, async (deployed) => {
    const id = newId();
    await invoke(deployed, ID, probe(id));
    assert.equal((await seenOnce(deployed, id)).value.arn, await functionArn(deployed, ID));
  }),
  asyncCase('an asynchronous invocation of an alias runs the function', ALIASES, async (deployed) => {
    const id = newId();
    const answer = await invoke(deployed, ID, probe(id), { type: 'Event', qualifier: 'live' });
    assert.equal(answer.status, 202);
    assert.equal((await seenOnce(deployed, id)).value.arn, `${await functionArn(deployed, ID)}:live`);
  }),
  asyncCase(
    'X-Amz-Executed-Version says which version an alias leads to',
    INVOKE,
    async (deployed) => {
      const answer = await invoke(deployed, ID, probe(newId()), { qualifier: 'live' });
      assert.equal(answer.headers['x-amz-executed-version'], '1');
    },
    {
      difference:
        'a function has one version on this machine, its code as it is, and every alias leads to that',
    },
  ),
];

export const INVOKE_CASES: readonly ConformanceCase[] = [
  ...names,
  ...kinds,
  ...refused,
  ...errors,
  ...logs,
  ...contexts,
];

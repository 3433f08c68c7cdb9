import { afterEach, describe, expect, test } from 'vitest';
import { FOUND, leanWorld, refusalOf } from '../../support/lean.ts';

const API = Symbol.for('opentelemetry.js.api.1');
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
const root = globalThis as { [API]?: unknown };

afterEach(() => {
  delete root[API];
});

type Carrier = Record<string, unknown>;
type Inject = (
  context: Carrier,
  carrier: Carrier,
  setter: { set(of: Carrier, name: string, value: unknown): void },
) => void;

/** What the API registers in the process, as far as it is read, and the spans that were made of it. */
function register(inject: Inject) {
  const spans: Record<string, unknown>[] = [];
  const active: Carrier & { setValue(key: symbol, value: unknown): Carrier } = {
    name: 'active',
    setValue: (key, value) => ({ of: active, [key]: value }),
  };
  const startSpan = (name: string, options: object, context: unknown) => {
    const span: Record<string, unknown> = { name, ...options, context };
    spans.push(span);
    return {
      span,
      setAttribute: (key: string, value: unknown) => Object.assign(span, { [key]: value }),
      setStatus: (status: unknown) => Object.assign(span, { status }),
      end: () => Object.assign(span, { ended: true }),
    };
  };
  root[API] = {
    trace: { getTracer: () => ({ startSpan }) },
    context: { active: () => active },
    propagation: { inject },
  };
  return { spans, active };
}

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('a request of the lean transport', () => {
  test('is a span, and continues its trace, in a header that is not signed', async () => {
    const injected: Carrier[] = [];
    const { spans, active } = register((context, carrier, { set }) => {
      injected.push(context);
      set(carrier, 'traceparent', TRACEPARENT);
    });
    const { store, server } = await leanWorld((socket) => socket.write(FOUND));

    await store.get('k');

    expect(spans).toEqual([
      {
        ...{ name: 'DynamoDB.GetItem', kind: 2, context: active, ended: true },
        attributes: {
          'db.system.name': 'aws.dynamodb',
          'db.operation.name': 'GetItem',
          'aws.dynamodb.table_names': ['t'],
        },
      },
    ]);
    expect(injected).toEqual([{ of: active, [SPAN]: expect.objectContaining({ span: spans[0] }) }]);
    expect(server.requests[0]?.text).toContain(`traceparent: ${TRACEPARENT}\r\n`);
    expect(server.requests[0]?.text).not.toMatch(/SignedHeaders=[^,]*traceparent/);
  });

  test('that fails says so in its span, with a name and no message', async () => {
    const { spans } = register(() => undefined);
    const { store } = await leanWorld((socket) => socket.write(refusalOf('ValidationException')));

    await expect(store.get('k')).rejects.toThrow();

    expect(spans).toMatchObject([{ 'error.type': 'ValidationException', status: { code: 2 }, ended: true }]);
  });

  test.each<[string, Inject]>([
    [
      'a propagator that throws',
      () => {
        throw new Error('no');
      },
    ],
    ['a header that is none', (_, carrier, { set }) => set(carrier, 'trace parent', 'x')],
    ['a value of two lines', (_, carrier, { set }) => set(carrier, 'traceparent', 'x\r\nx-evil: 1')],
    ['a value that is no text', (_, carrier, { set }) => set(carrier, 'traceparent', { x: 1 })],
    [
      'a header that is ours',
      (_, carrier, { set }) => set(carrier, 'x-amz-target', 'DynamoDB_20120810.DeleteTable'),
    ],
    ['our header in other letters', (_, carrier, { set }) => set(carrier, 'Authorization', 'evil')],
  ])('is sent as ever in spite of %s', async (_, inject) => {
    register(inject);
    const { store, server } = await leanWorld((socket) => socket.write(FOUND));

    expect(await store.get('k')).toEqual({ n: 7 });
    expect(server.requests[0]?.text).not.toMatch(/evil|DeleteTable|object Object/);
  });

  test.each([
    ['is empty', {}],
    ['is no object', 7],
    [
      'throws',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no');
          },
        },
      ),
    ],
    [
      'has a tracer that throws',
      {
        trace: {
          getTracer: () => {
            throw new Error('no');
          },
        },
      },
    ],
  ])('is sent as ever where what is registered %s', async (_, api) => {
    root[API] = api;
    const { store } = await leanWorld((socket) => socket.write(FOUND));

    expect(await store.get('k')).toEqual({ n: 7 });
  });
});

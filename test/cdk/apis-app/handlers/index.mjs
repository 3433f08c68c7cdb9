/* Handlers behind the APIs: what they are sent, and answers of every kind. */
import { setTimeout as sleep } from 'node:timers/promises';

/** The event as the body of an answer that both payload formats take. */
export const echo = async (event) => ({
  statusCode: 200,
  headers: {
    'content-type': 'application/json',
    'Access-Control-Allow-Origin': 'https://of-the-function.example',
  },
  body: JSON.stringify(event),
});

/** Answers with what it is told to, by the body of the request. */
export const says = async ({ body, isBase64Encoded }) =>
  JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body);

export const slow = async () => {
  await sleep(5_000);
  return { statusCode: 200, body: 'late' };
};

export const throws = async () => {
  throw new RangeError('out of range');
};

/** Where it is told that the APIs are. */
export const where = async () => ({ http: process.env.API_URL, rest: process.env.REST_URL });

/** Who calls, or a text alone. */
export const signed = async ({ rawPath, requestContext }) => (rawPath === '/text' ? 'hello' : requestContext);

/** Three parts, each sent when the one before it has been for a while. */
export const streams = awslambda.streamifyResponse(async (event, stream) => {
  const { status, fail, type, empty } = event.queryStringParameters ?? {};
  if (fail === 'before') throw new Error('before a byte');
  const prelude = { statusCode: Number(status ?? 200), headers: { 'X-Own': 'yes' }, cookies: ['a=1', 'b=2'] };
  const out = type ? stream : awslambda.HttpResponseStream.from(stream, prelude);
  if (type) out.setContentType(type);
  if (!empty) {
    out.write('one ');
    await sleep(200);
    out.write('two ');
    if (fail === 'between') throw new Error('between the parts');
    await sleep(200);
    out.write(new TextEncoder().encode('thrée'));
  } else out.write('');
  out.end();
});

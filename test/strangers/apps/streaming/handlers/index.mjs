import { setTimeout as wait } from 'node:timers/promises';

export const lines = awslambda.streamifyResponse(async (event, stream) => {
  const count = Number(event.queryStringParameters?.count ?? 3);
  const answer = awslambda.HttpResponseStream.from(stream, {
    statusCode: 206,
    headers: { 'content-type': 'text/plain', 'x-lines': String(count) },
  });
  for (let line = 1; line <= count; line++) {
    answer.write(`line ${line}\n`);
    await wait(300);
  }
  answer.end();
});

export const broken = awslambda.streamifyResponse(async (_event, stream) => {
  stream.write('begun\n');
  await wait(200);
  throw new Error('no more lines');
});

/* Handlers of the app beside this folder. */

export const echo = async (event) => event;

export const throws = async () => {
  throw new RangeError('no such order');
};

export const failsPoison = async ({ Records }) => ({
  batchItemFailures: Records.filter(({ body }) => body.includes('poison')).map(({ messageId }) => ({
    itemIdentifier: messageId,
  })),
});

export const throwsOnBadItem = async ({ Records }) => {
  if (Records.some(({ dynamodb }) => dynamodb.Keys.pk.S === 'bad')) throw new Error('bad item');
};

let running = 0;

/** Tells which sandbox it is, what its clock shows and how many it serves at this moment. */
export const who = async ({ queryStringParameters }) => {
  running++;
  const atOnce = running;
  await new Promise((resolve) => setTimeout(resolve, Number(queryStringParameters?.ms ?? 0)));
  running--;
  return { pid: process.pid, now: Date.now(), atOnce };
};

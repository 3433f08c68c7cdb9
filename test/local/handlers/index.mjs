/* Handlers that behave and misbehave, for the sandbox tests. */
import { appendFileSync } from 'node:fs';
import { connect } from 'node:net';

let calls = 0;

export const echo = async (event, context) => ({
  event,
  calls: ++calls,
  pid: process.pid,
  remainingMs: context.getRemainingTimeInMillis(),
  requestId: context.awsRequestId,
  traceId: context.xRayTraceId,
  arn: context.invokedFunctionArn,
  memory: context.memoryLimitInMB,
  env: { ...process.env },
  cwd: process.cwd(),
});
export const talks = async (event) => console.log(`said ${JSON.stringify(event)}`);
export const rambles = async () => console.log('x'.repeat(20_000));
export const context = async (_, { clientContext, invokedFunctionArn: arn }) => ({ clientContext, arn });
export const throws = async () => {
  throw new RangeError('out of range');
};
export const throwsText = async () => {
  throw 'just text';
};
export const exits = async () => process.exit(3);
export const hangs = () => new Promise(() => setInterval(() => undefined, 1_000));
export const spins = async () => {
  for (;;);
};
export const leaks = async () => {
  void Promise.reject(new Error('nobody caught this'));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
};
export const large = async () => 'x'.repeat(6 * 1_024 * 1_024 + 1);
export const nothing = async () => undefined;
let running = 0;
export const slow = async ({ ms }) => {
  const atOnce = ++running;
  await new Promise((resolve) => setTimeout(resolve, ms));
  running--;
  return { calls: ++calls, pid: process.pid, atOnce };
};
export const notAFunction = 7;

/** Leaves a loop running that makes a file longer, which only a frozen process can keep from growing. */
export const leavesLoopRunning = async ({ file }) => {
  const grow = () => {
    appendFileSync(file, '.');
    setImmediate(grow);
  };
  grow();
};
export const clock = async (_, context) => ({
  now: Date.now(),
  constructed: new Date().toISOString(),
  remainingMs: context.getRemainingTimeInMillis(),
});
/** Why there is no connection, by the code of the error. */
export const connects = ({ host, port }) =>
  new Promise((resolve) => connect(port, host).once('error', ({ code }) => resolve(code)));
export const leavesWorkBehind = async () => {
  new Promise((resolve) => setTimeout(resolve, 20));
  const failing = new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 20));
  failing.catch(() => undefined);
  return 'done';
};
/** Prints a text as it is, on both of its streams. */
export const prints = async ({ text }) => {
  process.stdout.write(`${text}\n`);
  process.stderr.write(`${text}\n`);
};

/* A bootstrap that is AWS's own runtime client, but for its native part. */
import dns from 'node:dns';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const NATIVE = fileURLToPath(new URL('native-client.cjs', import.meta.url));
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.endsWith('rapid-client.node') ? NATIVE : specifier, context),
});
// The server of the Runtime API is on this machine, whatever this machine makes of its name.
dns.lookup = (_name, ...rest) =>
  rest.at(-1)(null, rest[0]?.all ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4);

if (process.env.AWS_EXECUTION_ENV === 'AWS_Lambda_nodejs22.x') {
  const { run } = await import('./node_modules/aws-lambda-ric-3/dist/index.mjs');
  await run(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
} else {
  await import('./node_modules/aws-lambda-ric-4/index.mjs');
}

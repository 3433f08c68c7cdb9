export { type FakeClock, fakeClock } from './fake-clock.ts';
export { type LambdaContext, type LambdaContextOptions, lambdaContext } from './lambda-context.ts';
export { seededRandom } from './random.ts';
export { settle } from './settle.ts';

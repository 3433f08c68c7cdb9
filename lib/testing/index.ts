export { type FakeClock, fakeClock } from './fake-clock.ts';
export { type FaultPlan, type FaultPlanOptions, faultPlan, type PlannedFault } from './fault-plan.ts';
export { type LambdaContext, type LambdaContextOptions, lambdaContext } from './lambda-context.ts';
export { seededRandom } from './random.ts';
export { settle } from './settle.ts';

export { seededRandom } from '../core/seeded-random.ts';
export { type MemoryStore, memoryStore } from '../store/memory.ts';
export { type FakeClock, fakeClock } from './fake-clock.ts';
export { type FaultPlan, type FaultPlanOptions, faultPlan, type PlannedFault } from './fault-plan.ts';
export { type LambdaContext, type LambdaContextOptions, lambdaContext } from './lambda-context.ts';
export { settle } from './settle.ts';

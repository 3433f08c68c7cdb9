import { isBreaker } from '../breaker/permit.ts';

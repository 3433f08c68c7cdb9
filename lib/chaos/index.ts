export type { FaultInjection } from '../policy/options.ts';
export type {
  CorruptFault,
  ErrorFault,
  Fault,
  FaultOptions,
  HangFault,
  LatencyFault,
  PlainFault,
} from './fault-options.ts';
export { InjectedFaultError, injectFaults } from './faults.ts';

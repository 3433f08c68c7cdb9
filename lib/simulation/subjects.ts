import { circuitBreakerLambda } from './baselines/circuitbreaker-lambda.ts';
import { inProcess } from './baselines/in-process.ts';
import { powertoolsPython } from './baselines/powertools-python.ts';
import { fibrin } from './fibrin.ts';
import type { Subject } from './subject.ts';

export type SubjectName = 'fibrin' | 'in-process' | 'circuitbreaker-lambda' | 'powertools-python';

/** What is compared. The first is what this package ships. */
export const SUBJECTS: Readonly<Record<SubjectName, Subject>> = {
  fibrin,
  'in-process': inProcess,
  'circuitbreaker-lambda': circuitBreakerLambda,
  'powertools-python': powertoolsPython,
};

export const SUBJECT_NAMES: readonly SubjectName[] = Object.keys(SUBJECTS) as SubjectName[];

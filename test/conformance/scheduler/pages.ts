import { casesOf } from '../events/case-of.ts';

const GUIDE = 'https://docs.aws.amazon.com/scheduler/latest/UserGuide/';
const API = 'https://docs.aws.amazon.com/scheduler/latest/APIReference/';
const EVENTBRIDGE = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/';

export const TYPES: string = `${GUIDE}schedule-types.html`;
export const CONTEXT: string = `${GUIDE}managing-schedule-context-attributes.html`;
export const DEAD_LETTERS: string = `${GUIDE}configuring-schedule-dlq.html`;
export const STATE: string = `${GUIDE}managing-schedule-state.html`;
export const TEMPLATED: string = `${GUIDE}managing-targets-templated.html`;
export const FLEXIBLE: string = `${GUIDE}managing-schedule-flexible-time-windows.html`;
export const GROUPS: string = `${GUIDE}managing-schedule-group.html`;
export const CREATE: string = `${API}API_CreateSchedule.html`;
export const TARGET: string = `${API}API_Target.html`;
export const RULES: string = `${EVENTBRIDGE}eb-scheduled-rule-pattern.html`;

export const schedulerCase = casesOf('scheduler');

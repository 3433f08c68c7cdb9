import { casesOf } from '../events/case-of.ts';

const GUIDE = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/';

export const OPERATORS: string = `${GUIDE}eb-create-pattern-operators.html`;
export const PATTERNS: string = `${GUIDE}eb-create-pattern.html`;
export const EVENTS: string = `${GUIDE}eb-events.html`;
export const STRUCTURE: string = `${GUIDE}eb-events-structure.html`;
export const TRANSFORM: string = `${GUIDE}eb-transform-target-input.html`;
export const PUT_EVENTS_GUIDE: string = `${GUIDE}eb-putevents.html`;
export const DEAD_LETTERS: string = `${GUIDE}eb-rule-dlq.html`;
export const BUS_TO_BUS: string = `${GUIDE}eb-bus-to-bus.html`;
export const RULES: string = `${GUIDE}eb-rules.html`;
export const TARGETS: string = `${GUIDE}eb-targets.html`;
export const PUT_EVENTS = 'https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html';
export const RESULT_ENTRY =
  'https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html';
export const TARGET = 'https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html';

export const busCase = casesOf('buses');

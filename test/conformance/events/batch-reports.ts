/** What a handler may answer where partial failures are reported, and whether the whole batch counts as failed then. */
export interface BatchReport {
  readonly what: string;
  readonly answer: unknown;
  readonly fails: boolean;
}

/** Those that SQS and streams have in common. */
export const BATCH_REPORTS: readonly BatchReport[] = [
  { what: 'an empty list', answer: { batchItemFailures: [] }, fails: false },
  { what: 'null for the list', answer: { batchItemFailures: null }, fails: false },
  { what: 'an empty object', answer: {}, fails: false },
  { what: 'null', answer: null, fails: false },
  { what: 'an empty identifier', answer: { batchItemFailures: [{ itemIdentifier: '' }] }, fails: true },
  {
    what: 'an identifier that is null',
    answer: { batchItemFailures: [{ itemIdentifier: null }] },
    fails: true,
  },
  { what: 'an identifier under another name', answer: { batchItemFailures: [{ bad: 'x' }] }, fails: true },
];

/**
 * The runbook where the package is installed: it says what this version's alarms mean. Serve it where those who are paged can
 * read it, and give its address as `runbookUrl`.
 */
const DEFAULT_RUNBOOK_URL = 'node_modules/fibrin/docs/runbook.md';

/** The sections of docs/runbook.md, by the anchors of their headings. */
export const RUNBOOK = {
  errorBudget: 'error-budget-burns',
  breakerOpen: 'breaker-open',
  deadLetters: 'dead-letters',
  deadLetterAge: 'dead-letters-expire',
  throttles: 'functions-throttled',
  heldKeys: 'idempotency-keys-held',
  spillover: 'provisioned-concurrency-spills-over',
  warmShortfall: 'warm-shortfall',
} as const;

/**
 * The description of an alarm: what is wrong, and where it is written what to do.
 * @param sentence With its full stop.
 * @param section Anchor of the runbook's section.
 */
export const describedBy = (
  sentence: string,
  section: string,
  runbookUrl: string = DEFAULT_RUNBOOK_URL,
): string => `${sentence} Runbook: ${runbookUrl}#${section}`;

/*
 * Every number of the breakers. Each has its unit, its reason, and what changes when it is doubled. `npm run check` refuses a
 * number anywhere else in this folder but 0, 1, 2 and 1,000.
 */

/* ---- The rule: when a breaker opens ---- */

/** Default of `failureRatio`, a fraction: half of the calls is more than any client should retry. Doubled: it never opens. */
export const DEFAULT_FAILURE_RATIO = 0.5;
/** Default of `minimumCalls`, reports: of fewer no ratio says much, and a ratio below 0.3 needs it. Doubled: opens later. */
export const DEFAULT_MINIMUM_CALLS = 5;
/** Default of `windowMs`, milliseconds. Doubled: partial outages are found more surely, and old failures count longer. */
export const DEFAULT_WINDOW_MS = 10_000;
/** Slots of a window of time, a count: a suffix begins at a slot. Doubled: onsets are found a twentieth of a window sooner. */
export const WINDOW_SLOTS = 20;
/** Reports that a window reaches back for at least, a count: twice those that open it at the default ratio. Doubled: nothing
 * changes above two calls a second; below, failures of an hour ago count. */
export const WINDOW_REPORTS = 20;
/** No window reaches back further, milliseconds (1 hour): what failed before says nothing about now. Doubled: breakers of fewer
 * than 20 calls an hour open sooner. */
export const MAX_WINDOW_MS = 3_600_000;
/** Standard deviations at up to one report a second: 0.3 % of runs of 250 reports open falsely at 30 % errors; with 2.5 it is
 * 28 % at 40 % errors. Doubled: 36 failures of 36 open it, where 10 do. */
export const CONFIDENCE = 3;
/** Standard deviations more for each tenfold of reports a second, each of which is a chance to be wrong. Doubled: five failures
 * more at 30 reports a second. */
export const CONFIDENCE_PER_TENFOLD = 0.35;
/** Highest `failureRatio` of a shared breaker, a fraction: 37 failures of 37 show it, which take long to report at a low rate. */
export const MAX_SHARED_RATIO = 0.8;
/** Highest `minimumCalls` of a shared breaker, reports: at low rates each has a slot in the stored item. Doubled: the item may
 * exceed 4 KB, and a write costs four units. */
export const MAX_SHARED_MINIMUM_CALLS = 100;
/** Largest `windowCalls`, calls: each takes 40 bytes. Doubled: twice the memory. */
export const MAX_WINDOW_CALLS = 10_000;

/* ---- Open, half-open, closing ---- */

/** Default of `openMs` of one environment, milliseconds (30 s). Doubled: half as many probes, and later recovery. */
export const DEFAULT_OPEN_MS = 30_000;
/** Default of `probesToClose` of one environment, probes in a row. Doubled: later recovery, fewer false ones. */
export const DEFAULT_PROBES = 2;
/** Largest `probesToClose`, probes. */
export const MAX_PROBES = 100;
/** Default of `openMs` where the state is shared, milliseconds: recovery takes 12 s and three probes at most. Doubled: recovery
 * takes twice as long, and half as many probes fail. */
export const DEFAULT_SHARED_OPEN_MS = 12_000;
/** Successful probes in a row that close a shared breaker, probes: with 70 % errors 0.8 % of such rows succeed by chance, of three
 * 3 %. Doubled: recovery takes four calls longer. */
export const SHARED_PROBES = 4;
/** A claim lasts this many times `openMs`, a factor: longer than the longest probe (`openMs` less two writes) and its report.
 * Doubled: an environment that dies while it probes delays the next probe twice as long. */
export const CLAIM_FACTOR = 1.3;
/** Waits are this fraction shorter or longer, so that breakers that opened together do not probe together. Doubled: nothing that
 * was measured. */
export const JITTER = 0.02;
/** A shared breaker that opens again so soon after it closed stays open longer, milliseconds. Doubled: flapping counts longer. */
export const RELAPSE_MS = 30_000;
/** And this many times `openMs`, a factor: a dependency that fails in turns is probed a quarter as often. Doubled: recovery
 * after a relapse takes up to 96 s. */
export const RELAPSE_FACTOR = 4;
/** Fraction of calls that a shared breaker admits first when it closes. Doubled: a dependency that just recovered gets twice the
 * calls in the first second. */
export const RAMP_START = 0.02;
/** Calls a second that it admits first at least, where that is more. Doubled: as above, at low rates. */
export const RAMP_CALLS = 10;
/** The admitted fraction doubles in this time, milliseconds: from 2 % to all in 2.3 s. Doubled: in 4.5 s. */
export const RAMP_DOUBLING_MS = 400;

/** A ramp takes no longer, milliseconds: 2 % doubles six times. A rate that is measured in one is too low. */
export const MAX_RAMP_MS = 5_000;

/* ---- Sampling: what all environments ask of the store ---- */

/** Reports a second of all environments: 13 failures of 13 within half a second, and 3 % of the writes that a key takes.
 * Doubled: opens 0.2 s sooner and costs twice as much while all is well. */
export const REPORTS_PER_SECOND = 26;
/** Reads a second of the state where there is a reason to doubt it: a key takes 6,000 eventually consistent ones, and there may be
 * a fifth more calls than the known rate says. Doubled: those of the largest numbers of environments are throttled when an outage begins. */
export const READS_PER_SECOND = 4_800;
/** Claims of the probe a second, one of which wins. Doubled: recovery is 25 ms sooner, and twice as many claims are refused. */
export const CLAIMS_PER_SECOND = 20;
/** Calls a second that are assumed for claims while the rate is unknown: hardly any application makes more. Doubled: at a low
 * rate that is unknown, the probe is half a second later. */
export const MAX_RATE = 50_000;
/** The lowest rate that is measured, calls a second: below, all probabilities are 1. Doubled: closes with 20 calls a second. */
export const MIN_RATE = 10;
/** A rate is replaced when it is surely off by more than this factor. At twice the excess, reports may be a fifth more or fewer. */
export const RATE_TOLERANCE = 1.1;
/** How sure that must be, standard deviations: each report compares. Doubled: a change is
 * seen four times later, and a quarter more are reported than is meant. */
export const RATE_CONFIDENCE = 2;
/** Time that a rate is measured over at least, milliseconds. Doubled: known two seconds later. */
export const MIN_RATE_MS = 2_000;
/** Reports that the first rate is measured from, a count. Doubled: known later, and nearer to the truth. */
export const MIN_RATE_REPORTS = 5;
/** Stored counts outside of the window that are removed together, attributes: the item stays below 1 KB, which is one write unit.
 * Doubled: half as many removals, and two units a report. */
export const MAX_STALE_COUNTS = 40;
/** Slots are named by their number in this base, a count: six characters each. */
export const SLOT_RADIX = 36;
/** Stored counts expire so long after the last report, seconds: an operator may read them after the outage. */
export const COUNTS_KEPT_SECONDS = 7_200;

/* ---- The state cache ---- */

/** The state is believed so long without a reason to doubt it, milliseconds, a quarter more or less. Doubled: half of the reads while
 * all is well, and an override takes twice as long to reach all. */
export const REFRESH_MS = 100_000;
/** And while the rate is unknown, milliseconds: then too many calls are reported. Doubled: twice as long. */
export const REFRESH_UNKNOWN_MS = 10_000;
/** The first rate that an environment reads is believed so long, milliseconds: while environments are new it grows yet, and who
 * believes in few calls reads at all of them. Doubled: an outage in the first two minutes of 100,000 environments is throttled. */
export const REFRESH_FIRST_MS = 30_000;
/** Fraction by which that differs, so that environments that started together do not read together. */
export const REFRESH_JITTER = 0.25;
/** The state is not read twice within this time, milliseconds. Doubled: 95 % is rejected about a second later. */
export const FRESH_MS = 1_000;
/** An environment that was idle longer reads the state before its next call, milliseconds: longer than the 20 s between two calls
 * of one of 1,000 environments at 50 calls a second. Doubled: half as many reads at low rates, later detection. */
export const IDLE_MS = 22_000;
/** Successes in a row after a failure until the state is trusted again, calls. Doubled: more reads in partial outages. */
export const TRUSTED_AFTER = 2;
/** Once a probe may have ended, milliseconds after its claim and `slowCallMs`: then others read what came of it. */
export const PROBE_RESULT_MS = 500;

/* ---- The store ---- */

/** Default of `storeTimeoutMs`, milliseconds: ten times DynamoDB's median. Doubled: a slow store delays a call twice as long. */
export const DEFAULT_STORE_TIMEOUT_MS = 50;
/** Least of it, milliseconds: a store in the same region takes five. Doubled: nothing for a healthy store. */
export const MIN_STORE_TIMEOUT_MS = 10;
/** Most of it, milliseconds: a call waits so long for a store that does not answer. Doubled: twice as long. */
export const MAX_STORE_TIMEOUT_MS = 1_000;
/** The first answer may take longer, milliseconds: credentials, a connection, a cold environment. */
export const FIRST_TIMEOUT_MS = 1_000;
/** Default of `refresh`, milliseconds: Lambda's init phase has ten seconds. Doubled: twice as long a cold start where no store answers. */
export const DEFAULT_REFRESH_TIMEOUT_MS = 500;
/** A store that failed is not asked for this time, milliseconds, and twice as long each time that it fails again. Doubled: half as
 * many requests of a store in trouble. */
export const BACKOFF_MS = 1_000;
/** At most so long, milliseconds. Doubled: environments return to the shared state twice as late. */
export const MAX_BACKOFF_MS = 8_000;
/** A call waits so long for its report, and for a store that has just failed, milliseconds. What takes longer goes on beside it. */
export const RECORD_WAIT_MS = 20;
/** Kept of a call's time for its report, milliseconds: the wait above and a little more. */
export const RESERVE_MS = 25;
/** What callers are asked to wait where it is not known, milliseconds. */
export const UNKNOWN_WAIT_MS = 1_000;

/* ---- Manual override ---- */

/** Default of `forMs`, milliseconds (1 hour): a forced breaker protects nothing, so it must end by itself. */
export const DEFAULT_FORCED_MS = 3_600_000;
/** The longest, milliseconds (7 days). */
export const MAX_FORCED_MS = 604_800_000;
/** What callers are asked to wait where an operator decides how long it lasts, milliseconds. */
export const FORCED_WAIT_MS = 60_000;
/** Times that an override is tried, a count: each lost race shows the state that won, so more mean that something else is wrong. */
export const MAX_TRIES = 10;

/* ---- Rejections and stored items ---- */

/** HTTP status of a rejected call: service unavailable. */
export const REJECTED_STATUS = 503;
/** Version of the shape of a stored state. An item with another one is unreadable, and left as it is. */
export const SCHEMA_VERSION = 3;

/** Highest version and epoch, a count: a change a millisecond for 100,000 years. Above, one more may not be a number of its own. */
export const MAX_VERSION: number = 2 ** 52;
/** Highest rate, calls a second: five times the largest that was simulated. With a higher one hardly a call is reported. */
export const MAX_STORED_RATE = 1_000_000;
/** Latest moment that a date can hold, epoch milliseconds. */
export const MAX_EPOCH_MS = 8_640_000_000_000_000;
/** Characters of the name of an operator, and of a cause. */
export const MAX_TEXT = 100;

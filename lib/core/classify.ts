import { errorChain } from './error-chain.ts';
import { hasCode, isFibrinError, isOwnRefusal } from './errors.ts';
import { propertyOf, textOf } from './property.ts';
import { isTransientStatus, statusOf } from './status.ts';

/**
 * What an error says about another attempt:
 * - `transient`: the same call may succeed later (network, timeout, 408, 425, 429, 5xx, throttling);
 * - `permanent`: it will fail again (another 4xx, an open breaker, a passed deadline), or it was cancelled;
 * - `bug`: a programming error, which neither a retry nor a fallback should hide.
 */
export type ErrorKind = 'transient' | 'permanent' | 'bug';

/**
 * What an error says about the dependency, which is what a breaker counts:
 * - `failed`: no answer in time, or one that shows trouble (408, 429, 5xx, throttling, an invalid value);
 * - `answered`: it refused this request for a reason of the request (another status), so it works;
 * - `none`: it was not called, the program is wrong, or the environment was frozen while it may have answered.
 */
export type Evidence = 'failed' | 'answered' | 'none';

/** A timer this late has seen a freeze: nothing ran meanwhile, and an answer may have come in time. Milliseconds. */
export const FROZEN_MS = 500;

/*
 * What an error means is written as the HTTP status that means the same, since those have rules already.
 */
const BUG = 0;
const CANCELLED = 499;
const UNKNOWN = 500;
const UNREADABLE = 502;
const THROTTLED = 429;
const TIMED_OUT = 504;

/**
 * How AWS names throttling, which often comes as a 400 without a mark. These are the names of `@smithy/core`, but for
 * `LimitExceededException`: mostly a quota that no retry gets past.
 */
const THROTTLING =
  /Throttl|(Bandwidth|Request)LimitExc|SlowDown|TooManyRequestsEx|ProvisionedThroughputEx|PriorRequestNot|TransactionInProg/;

/** Names and codes of timeouts: DOMException, got, ky, undici, AWS; ECONNABORTED is axios. */
const TIMEOUT = /Timeout(Error|Exception)? |TIMED?OUT$|ECONNABORTED/;

/** AbortError of DOMException, Node, undici, got and AWS; CanceledError of axios; CancelError of older got. */
const CANCELLATION = /^(Abort|Cancel\w*)Error/;

const BUG_NAME = /^(Type|Reference|Range|Syntax|URI|Assertion)Error/;

/** A wrong argument, as Node, undici, got and axios mark it. */
const BUG_CODE = /ERR_(INVALID|UNSUPPORTED|NOT_SUPPORT|BAD_(REQ|OPT))/;

/** An answer that came and is more than the client takes, in its body or its headers: of boundedFetch, Node and undici. */
export const REFUSED_ANSWER: RegExp = /RESPONSE_TOO_LARGE|ENCODED_ANSWER|EXCEEDED_MAX_SIZE|HEADERS?_OVERFLOW/;

/** This environment has no file descriptor or port left. */
const EXHAUSTED = /EMFILE|ENFILE|EADDRNOTAVAIL/;

export const nameAndCode = (error: unknown): string => `${textOf(error, 'name')} ${textOf(error, 'code')}`;

// Our own limits have a status of 504, in whichever copy of the package, and so has gRPC's DEADLINE_EXCEEDED.
export const isTimeout = (error: unknown): boolean =>
  TIMEOUT.test(nameAndCode(error)) || statusOf(error) === TIMED_OUT;

/** Whether an error says that its call was cancelled. */
export const isCancellation = (error: unknown): boolean => CANCELLATION.test(nameAndCode(error));

/** Whether an error says, by its name or code, that the service throttles. */
export const isThrottling = (error: unknown): boolean => THROTTLING.test(nameAndCode(error));

/** A program that is wrong. fetch reports the network as a TypeError too, caused by an error with a code. */
const isBug = (error: unknown, sign: string, causes: readonly unknown[]): boolean =>
  BUG_CODE.test(sign) ||
  (BUG_NAME.test(sign) &&
    !causes.some((cause) => textOf(cause, 'code')) &&
    // JSON.parse throws a SyntaxError for an answer that is no JSON.
    !textOf(error, 'message').includes('JSON'));

/** What an error of another library means. Undefined where it says nothing by itself. */
function meaningOf(error: unknown, causes: readonly unknown[]): number | undefined {
  const sign = nameAndCode(error);
  const status = statusOf(error);
  if (isThrottling(error) || propertyOf(error, '$retryable')) return THROTTLED;
  if (TIMEOUT.test(sign)) return TIMED_OUT;
  // With a 2xx an answer came that could not be read to its end.
  if (status) return status >= 200 && status < 300 ? UNREADABLE : status;
  if (isCancellation(error)) return causes.some(isTimeout) ? TIMED_OUT : CANCELLED;
  return isBug(error, sign, causes) ? BUG : undefined;
}

/** The first error of the chain that says something, and what. One that says nothing means what its cause means. */
function decisive(error: unknown): readonly [error: unknown, meaning: number] {
  const chain = errorChain(error);
  for (const [index, link] of chain.entries()) {
    const meaning = isFibrinError(link)
      ? (statusOf(link) ?? UNKNOWN)
      : meaningOf(link, chain.slice(index + 1));
    if (meaning !== undefined) return [link, meaning];
  }
  return [error, UNKNOWN];
}

/** What an error says about another attempt, whichever client, realm or copy of this package it is from. Never throws. */
export function classifyError(error: unknown): ErrorKind {
  const [link, meaning] = decisive(error);
  if (meaning === BUG || hasCode(link, 'INVALID_OPTION')) return 'bug';
  const isTransient = isFibrinError(link) ? propertyOf(link, 'retryable') : isTransientStatus(meaning);
  return isTransient ? 'transient' : 'permanent';
}

/** Whether an error of the toolkit says nothing about the dependency: a call that was not made, or had too little time. */
function isAboutUs(error: unknown): boolean {
  const limit = textOf(error, 'limit');
  const lateMs = propertyOf(error, 'lateMs');
  return (
    isOwnRefusal(error) ||
    propertyOf(error, 'called') === false ||
    (limit !== '' && !limit.endsWith('timeout')) ||
    (typeof lateMs === 'number' && lateMs >= FROZEN_MS) ||
    !(statusOf(error) || propertyOf(error, 'retryable'))
  );
}

/**
 * What an error that the protected function threw says about the dependency. Never throws. Whether a time limit or the
 * caller's abort ended the attempt is not in the error: ask before.
 */
export function evidenceOf(error: unknown): Evidence {
  const [link, meaning] = decisive(error);
  const signs = errorChain(error).map(nameAndCode).join();
  if (REFUSED_ANSWER.test(signs)) return 'answered';
  if (meaning === BUG || meaning === CANCELLED || EXHAUSTED.test(signs)) return 'none';
  if (isFibrinError(link) && isAboutUs(link)) return 'none';
  // 425: the request came too early, which is no trouble of the service.
  return isTransientStatus(meaning) && meaning !== 425 ? 'failed' : 'answered';
}

/** Whether an error, or what caused it, says that a time limit was over: one of ours or one of a client. */
export const isTimeoutError = (error: unknown): boolean => errorChain(error).some(isTimeout);

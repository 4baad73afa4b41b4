// When to try again: whatever a retry can mend is tried for as long as it takes, with a growing pause.
import { Problem } from "../../shared/problem.js";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** A URL that the store refuses sooner after it was signed has not run out. */
const FRESH_MS = 60_000;
/** Refusals of S3 that are about one attempt alone. */
const PASSING_CODES = new Set(["BadDigest", "ExpiredToken", "IncompleteBody", "RequestTimeout", "RequestTimeTooSkewed"]);
const PASSING = new Set([0, 401, 408, 409, 425, 429]);

/** The store's refusal of a part. */
export class StoreRefusal extends Problem {
  /**
   * @param {number} status
   * @param {string} code of S3
   * @param {number} urlAgeMs how long before the URL had been signed
   * @param {string} message
   */
  constructor(status, code, urlAgeMs, message) {
    super(status, message);
    this.code = code;
    this.urlAgeMs = urlAgeMs;
  }
}

/**
 * What to do about a failed request: the same once more, the whole upload from its beginning, or nothing, because it
 * would come to the same.
 * @param {any} error
 * @returns {"again"|"anew"|"stop"}
 */
export function verdictOf(error) {
  if (!(error instanceof Problem)) return "stop";
  if (error.status === 404) return "anew";
  if (PASSING.has(error.status) || error.status >= 500) return "again";
  if (error instanceof StoreRefusal) {
    const ranOut = error.status === 403 && error.urlAgeMs > FRESH_MS;
    if (ranOut || PASSING_CODES.has(error.code)) return "again";
  }
  return "stop";
}

/**
 * Milliseconds to wait before the next try, with jitter.
 * @param {number} tries how many have failed
 * @param {number} [chance] 0 to 1
 */
export function pauseBefore(tries, chance = Math.random()) {
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
  return ceiling * (0.5 + chance / 2);
}

const alarm = new EventTarget();

/** Let all that waits for its next try begin it now. */
export const tryNow = () => alarm.dispatchEvent(new Event("now"));

/**
 * Wait; shorter where the connection, the tab or the device comes back, and where `signal` says stop.
 * @param {number} ms @param {AbortSignal} signal
 * @returns {Promise<boolean>} whether it was shorter
 */
export function wait(ms, signal) {
  return new Promise((resolve) => {
    const over = new AbortController();
    const finish = (/** @type {boolean} */ woken) => {
      clearTimeout(timer);
      over.abort();
      resolve(woken);
    };
    const end = () => finish(true);
    const timer = setTimeout(() => finish(false), ms);
    const until = { signal: over.signal };
    addEventListener("online", end, until);
    document.addEventListener("resume", end, until); // frozen before, as on a sleeping phone
    document.addEventListener("visibilitychange", () => document.hidden || end(), until);
    alarm.addEventListener("now", end, until);
    signal.addEventListener("abort", end, until);
  });
}

/**
 * Do something, again and again while a retry can mend what fails; rejects with what it cannot, or when `signal` says stop.
 * @template Result
 * @param {() => Promise<Result>} action
 * @param {AbortSignal} signal
 * @param {(problem: Problem) => void} onTrouble told before each pause
 * @returns {Promise<Result>}
 */
export async function persistently(action, signal, onTrouble) {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      signal.throwIfAborted();
      if (verdictOf(error) !== "again") throw error;
      const problem = /** @type {Problem} */ (error);
      onTrouble(problem);
      const woken = await wait(Math.max((problem.retryAfter ?? 0) * 1000, pauseBefore(tries)), signal);
      if (woken) tries = 0; // a device that wakes has no connection for its first seconds
    }
  }
}

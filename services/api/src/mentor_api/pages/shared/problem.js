// Failed requests, with texts that advise people.
import * as texts from "./texts.js";

/** An answer that is not what was asked for. `status` is 0 when there was no answer. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} message what is wrong and what to do
   * @param {number} [retryAfter] seconds
   */
  constructor(status, message, retryAfter) {
    super(message);
    this.name = "Problem";
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** A short title for a person. */
  get title() {
    return texts.problems[this.status] ?? (this.status >= 500 ? texts.ourFault : texts.failed);
  }

  /** True when the same request may work later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The problem of a request that got no answer. */
export function unreachable() {
  return new Problem(0, texts.offline);
}

/**
 * The problem that a response describes.
 * @param {Response} response
 */
export async function problemOf(response) {
  const body = await response.json().catch(() => null);
  const message = body?.data?.message ?? texts.answered(response.status);
  const wait = Number(response.headers.get("Retry-After")) || undefined;
  const advice = ADVICE[response.status];
  return new Problem(response.status, advice ? advice(sentence(message)) : sentence(message), wait);
}

/** @type {Record<number, (message: string) => string>} */
const ADVICE = {
  403: (message) =>
    message.startsWith("Not authorized")
      ? texts.notYours
      : message,
};

/** @param {string} text */
function sentence(text) {
  const readable = text.replace(/\b(\d{6,}) bytes/g, (_, bytes) => `${Math.round(bytes / 1e6)} MB`);
  const first = readable.charAt(0).toUpperCase() + readable.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

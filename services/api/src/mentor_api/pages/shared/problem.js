// Failed requests, with texts that advise people.

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
    return TITLES[this.status] ?? (this.status >= 500 ? "Something is wrong on our side" : "That did not work");
  }

  /** True when the same request may work later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** @type {Record<number, string>} */
const TITLES = {
  0: "No connection",
  401: "You are signed out",
  403: "You may not do this",
  404: "That is not there",
  409: "Not now",
  413: "Too large",
  415: "Not this kind of file",
  429: "A little too fast",
  503: "The service is busy or down",
};

const OFFLINE =
  "We cannot reach the server. Check your internet connection; nothing you made is lost.";

/** The problem of a request that got no answer. */
export function unreachable() {
  return new Problem(0, OFFLINE);
}

/**
 * The problem that a response describes.
 * @param {Response} response
 */
export async function problemOf(response) {
  const body = await response.json().catch(() => null);
  const message = body?.data?.message ?? `The server answered ${response.status}. Please try again.`;
  const wait = Number(response.headers.get("Retry-After")) || undefined;
  const advice = ADVICE[response.status];
  return new Problem(response.status, advice ? advice(sentence(message)) : sentence(message), wait);
}

/** @type {Record<number, (message: string) => string>} */
const ADVICE = {
  403: (message) =>
    message.startsWith("Not authorized")
      ? "This account may not change this mentor's answers. Sign in with another account, or ask who looks after the mentors."
      : message,
};

/** @param {string} text */
function sentence(text) {
  const readable = text.replace(/\b(\d{6,}) bytes/g, (_, bytes) => `${Math.round(bytes / 1e6)} MB`);
  const first = readable.charAt(0).toUpperCase() + readable.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

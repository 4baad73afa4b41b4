// The URLs that parts are sent to, signed some at a time.

const SIGNED_AT_ONCE = 20;

/** @typedef {{url: string, signedAt: number}} Signed `signedAt`: in milliseconds since 1970 */

export class PartUrls {
  /** @type {Map<number, Signed>} */
  #known = new Map();
  /** @type {Promise<void>|null} */
  #signing = null;

  /** @param {import("./multipart.js").MultipartApi} api @param {AbortSignal} signal */
  constructor(api, signal) {
    this.api = api;
    this.signal = signal;
  }

  /**
   * The URL of a part.
   * @param {import("./multipart.js").Begun} begun
   * @param {number} number
   * @param {number[]} next parts that are sent after it
   * @returns {Promise<Signed>}
   */
  async of(begun, number, next) {
    for (;;) {
      const known = this.#known.get(number);
      if (known) return known;
      this.#signing ??= this.#sign(begun, [number, ...next]).finally(() => {
        this.#signing = null;
      });
      await this.#signing;
    }
  }

  /** Use none of them any more. */
  clear() {
    this.#known.clear();
  }

  /** @param {import("./multipart.js").Begun} begun @param {number[]} numbers */
  async #sign(begun, numbers) {
    const signedAt = Date.now();
    const wanted = numbers.filter((n) => !this.#known.has(n)).slice(0, SIGNED_AT_ONCE);
    for (const { part_number, url } of await this.api.sign(begun, wanted, this.signal)) {
      this.#known.set(part_number, { url, signedAt });
    }
  }
}

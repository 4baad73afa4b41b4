// The bytes that are sent: all of a file, or of a recording those there are by now.

export class Source {
  /** @type {Blob[]} */
  #pieces = [];
  size = 0;
  ended = false;
  /** Called when there is more of it, or it has ended. */
  onChange = () => {};

  /** @param {Blob} file */
  static of(file) {
    const source = new Source();
    source.append(file);
    source.end();
    return source;
  }

  /** @param {Blob} piece */
  append(piece) {
    this.#pieces.push(piece);
    this.size += piece.size;
    this.onChange();
  }

  end() {
    this.ended = true;
    this.onChange();
  }

  /** @param {number} start @param {number} end */
  slice(start, end) {
    return new Blob(this.#pieces).slice(start, end);
  }
}

/**
 * @typedef {{number: number, start: number, end: number}} Part
 */

/**
 * The parts that are still to be sent; while the source grows, those that are full.
 * @param {{size: number, ended: boolean}} source
 * @param {number} partSize
 * @param {Iterable<number>} [stored] numbers of parts that have arrived
 * @returns {Part[]}
 */
export function plan({ size, ended }, partSize, stored = []) {
  const there = new Set(stored);
  const count = ended ? Math.ceil(size / partSize) : Math.floor(size / partSize);
  return Array.from({ length: count }, (_, n) => ({ number: n + 1, start: n * partSize, end: Math.min((n + 1) * partSize, size) }))
    .filter(({ number }) => !there.has(number));
}

// The words of an answer: their times, which of them to check, and captions that a person has corrected.

/**
 * @typedef {{text: string, start: number, end: number, confidence?: number, noSpaceBefore?: boolean}} Word seconds; confidence 0 to 1, of recognised words alone
 * @typedef {{start: number, end: number}} Span seconds
 * @typedef {{words: Word[], language: string|null}} Timings the word-timing document, as far as it is read here
 */

// Fits Whisper's probabilities (measured in docs/local.md); each recogniser has a scale of its own.
const DOUBTFUL_BELOW = 0.5;
const SEARCHED = 100; // characters in which a word is looked for behind the one before
const MOST_PAIRS = 1_000_000; // of segments; more are compared no further
const UNSPACED = "[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmr}\\p{scx=Mymr}]";
const SEGMENT = new RegExp(`${UNSPACED}|(?:(?!${UNSPACED})[\\p{L}\\p{M}\\p{N}'’])+|\\S`, "gu");
const UNSPACED_BREAK = new RegExp(`(?<=${UNSPACED})\\n|\\n(?=${UNSPACED})`, "gu");
const SILENCE_S = 1.5; // after a word, until which it counts as the last one

/** Whether its recogniser was unsure of a word. @param {Word} word */
export const isDoubtful = (word) => (word.confidence ?? 1) < DOUBTFUL_BELOW;

/** Read a word-timing document; only its text shows where words follow each other without a space. @param {any} document @returns {Timings} */
export function readTimings({ words, text = "", language = null }) {
  let at = 0;
  const spaced = words.map((/** @type {Word} */ word) => {
    const found = text.slice(at, at + word.text.length + SEARCHED).indexOf(word.text);
    const noSpaceBefore = found === 0 && at > 0;
    if (found >= 0) at += found + word.text.length;
    return { ...word, noSpaceBefore };
  });
  return { words: spaced, language };
}

/** The text of words, with spaces where they have them. @param {Word[]} words */
export const joined = (words) => words.map((word, n) => `${n && !word.noSpaceBefore ? " " : ""}${word.text}`).join("");

/** A caption's lines in one, as its script joins them. @param {string} caption */
export const oneLine = (caption) => caption.replace(UNSPACED_BREAK, "").replace(/\s+/g, " ").trim();

/** A caption's text as a transcript has it: in one line, without marks of direction. @param {string} caption */
export const flat = (caption) => oneLine(caption.replace(/[\u200e\u200f]/g, ""));

/**
 * Divide words among captions by their middles; each goes to the last that has begun, or the first.
 * @param {Word[]} words in order
 * @param {Span[]} cues in order
 * @returns {Word[][]} one list for each cue
 */
export function amongCues(words, cues) {
  /** @type {Word[][]} */
  const lists = cues.map(() => []);
  let n = 0;
  for (const word of words) {
    while (n + 1 < cues.length && cues[n + 1].start <= (word.start + word.end) / 2) n += 1;
    lists[n]?.push(word);
  }
  return lists;
}

/**
 * The words of a caption as it reads now. A word that a person left as it was recognised keeps its time and
 * confidence; those of a changed run share the time of what they replace, and have no confidence.
 * @param {Word[]} words as recognised within the caption
 * @param {string} caption its text
 * @param {Span} cue
 * @returns {Word[]}
 */
export function reworded(words, caption, cue) {
  const text = flat(caption);
  const places = wordPlaces(words, text);
  /** @type {Word[]} */
  const shown = [];
  // The first word stands to the caption before as it did.
  const unspacedAt = (/** @type {number} */ place) =>
    place > 0 ? text[place - 1] !== " " && text[place] !== " " : (words[0]?.noSpaceBefore ?? false);
  let [at, first] = [0, 0]; // where the run that is not kept begins: in the text, among the words
  for (let n = 0; n <= words.length; n += 1) {
    const place = n < words.length ? places[n] : text.length;
    if (place < 0) continue;
    const before = shown.at(-1)?.end ?? cue.start;
    const between = { start: before, end: Math.max(before, words[n]?.start ?? cue.end) };
    const span = n > first ? { start: words[first].start, end: words[n - 1].end } : between;
    shown.push(...spread(text.slice(at, place), span, unspacedAt(at)));
    if (n < words.length) {
      shown.push({ ...words[n], noSpaceBefore: unspacedAt(place) });
      at = place + words[n].text.length;
    }
    first = n + 1;
  }
  return shown;
}

/**
 * Share a span evenly among the words of a text.
 * @param {string} text
 * @param {Span} span
 * @param {boolean} noSpaceBefore
 */
function spread(text, { start, end }, noSpaceBefore) {
  const texts = text.split(" ").filter(Boolean);
  const each = (end - start) / Math.max(1, texts.length);
  return texts.map((word, n) => ({
    text: word,
    start: start + n * each,
    end: start + (n + 1) * each,
    noSpaceBefore: n === 0 && noSpaceBefore,
  }));
}

/** The place in a text of each word that is whole in it, -1 of the others. @param {Word[]} words @param {string} text */
function wordPlaces(words, text) {
  const places = placesOf(joined(words), text);
  let at = 0;
  return words.map((word, n) => {
    const from = at + (n && !word.noSpaceBefore ? 1 : 0);
    at = from + word.text.length;
    const together = places.slice(from, at).every((place, k) => place >= 0 && place === places[from] + k);
    return together ? places[from] : -1;
  });
}

/**
 * For each character of a text its place in another, -1 where it is gone: by the longest common subsequence of their
 * segments.
 * @param {string} old
 * @param {string} text
 */
function placesOf(old, text) {
  const [a, b] = [segmentsOf(old), segmentsOf(text)];
  const places = new Int32Array(old.length).fill(-1);
  for (const [i, j] of commonOf(a.map((each) => each.text), b.map((each) => each.text))) {
    for (let n = 0; n < a[i].text.length; n += 1) places[a[i].at + n] = b[j].at + n;
  }
  return places;
}

/** Words and punctuation with their places, of scripts without spaces each character. @param {string} text */
const segmentsOf = (text) => [...text.matchAll(SEGMENT)].map((found) => ({ text: found[0], at: found.index }));

/** Pairs of indices of a longest common subsequence. @param {string[]} a @param {string[]} b @returns {[number, number][]} */
function commonOf(a, b) {
  let head = 0;
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const [rows, columns] = [a.length - head - tail, b.length - head - tail];
  /** @type {[number, number][]} */
  const pairs = Array.from({ length: head }, (_, n) => [n, n]);
  if (rows * columns <= MOST_PAIRS) {
    const middle = commonOfMiddle(a.slice(head, head + rows), b.slice(head, head + columns));
    for (const [i, j] of middle) pairs.push([head + i, head + j]);
  }
  for (let n = tail; n > 0; n -= 1) pairs.push([a.length - n, b.length - n]);
  return pairs;
}

/** @param {string[]} a @param {string[]} b @returns {[number, number][]} */
function commonOfMiddle(a, b) {
  const width = b.length + 1;
  const lengths = new Int32Array((a.length + 1) * width); // of what is common from (i, j) on
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] =
        a[i] === b[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  /** @type {[number, number][]} */
  const pairs = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

/**
 * Index of the word spoken at a moment; the last one until the next begins, -1 before the first.
 * @param {Word[]} words in order
 * @param {number} at seconds
 */
export function spokenAt(words, at) {
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle].start <= at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at <= words[low - 1].end + SILENCE_S ? low - 1 : -1;
}

// An answer's captions while they are edited: what is changed, selected, found, and where the caret goes.
import { batch, computed, signal } from "../../shared/ui.js";
import * as documents from "./document.js";
import { matchesOf, replaced } from "./find.js";
import * as histories from "./history.js";
import { isDoubtful } from "./words.js";

/**
 * @typedef {documents.Document} Document
 * @typedef {import("./find.js").Match} Match
 * @typedef {{id: number, from: number, to: number}} Caret a selection in the text of a cue
 * @typedef {{open: boolean, query: string, by: string, matchCase: boolean}} Search
 */

export class Editing {
  /** @param {Document} saved @param {boolean} marksDoubtful whether the recogniser's doubts say something */
  constructor(saved, marksDoubtful) {
    this.history = signal(histories.begin(saved));
    /** What the server has. */
    this.saved = signal(saved);
    this.document = computed(() => this.history.value.now);
    this.isChanged = computed(() => this.document.value !== this.saved.value);
    this.selected = signal(/** @type {number|null} */ (null)); // id of a cue
    /** Where the caret is to go; a new object each time. */
    this.caret = signal(/** @type {Caret|null} */ (null));
    this.search = signal(/** @type {Search} */ ({ open: false, query: "", by: "", matchCase: false }));
    this.matches = computed(() => {
      const { open, query, matchCase } = this.search.value;
      return open ? matchesOf(this.document.value, query, matchCase) : [];
    });
    this.matchesByCue = computed(() => byCue(this.matches.value));
    this.found = signal(0); // which of the matches is shown
    this.marksDoubtful = marksDoubtful;
    /** The doubtful word that was selected last. @type {Caret|null} */
    this.checked = null;
    this.doubtful = computed(() => this.document.value.cues.flatMap((cue) => this.doubtfulOf(cue).map((place) => ({ id: cue.id, ...place }))));
  }

  /** The doubtful words of a cue. @param {documents.Cue} cue */
  doubtfulOf(cue) {
    return this.marksDoubtful ? documents.placesOf(cue).filter(({ word }) => isDoubtful(word)) : [];
  }

  /** @param {Document} document @param {string|null} [typing] see `history.js` */
  change(document, typing = null) {
    this.history.value = histories.change(this.history.peek(), document, typing);
  }

  /** A person types: what belongs to one word is one step. @param {number} id @param {string} text */
  type(id, text) {
    this.change(documents.withText(this.document.peek(), id, text), `${id}/${text.split(/\s+/).length}`);
  }

  undo() {
    this.history.value = histories.undo(this.history.peek());
  }

  redo() {
    this.history.value = histories.redo(this.history.peek());
  }

  /** Undo or redo, with the caret behind what is different then. @param {() => void} change */
  withCaret(change) {
    const before = this.document.peek();
    batch(() => {
      change();
      const { cues } = this.history.peek().now;
      const cue = cues.find((each, n) => each !== before.cues[n]) ?? cues.at(-1);
      if (cue) this.caret.value = { id: cue.id, from: cue.text.length, to: cue.text.length };
    });
  }

  /** @param {number} id @param {number} offset */
  split(id, offset) {
    const before = this.document.peek();
    const after = documents.split(before, id, offset);
    if (after === before) return;
    batch(() => {
      this.change(after);
      this.caret.value = { id: before.nextId, from: 0, to: 0 };
    });
  }

  /** Join a cue with the one behind it. @param {number} id */
  merge(id) {
    const before = this.document.peek();
    const seam = before.cues[documents.indexOf(before, id)].text.trimEnd().length;
    batch(() => {
      this.change(documents.merged(before, id));
      this.caret.value = { id, from: seam, to: seam };
    });
  }

  /** @param {number} id */
  remove(id) {
    const before = this.document.peek();
    const n = documents.indexOf(before, id);
    const next = before.cues[n + 1] ?? before.cues[n - 1];
    batch(() => {
      this.change(documents.without(before, id));
      this.caret.value = next ? { id: next.id, from: 0, to: 0 } : null;
      this.selected.value = next?.id ?? null;
    });
  }

  /** Add a cue at a moment. @param {number} at seconds @returns {boolean} whether there was room */
  add(at) {
    const before = this.document.peek();
    const after = documents.added(before, at);
    if (after === before) return false;
    batch(() => {
      this.change(after);
      this.caret.value = { id: before.nextId, from: 0, to: 0 };
    });
    return true;
  }

  /** Show the match that is so many further. @param {number} by */
  find(by) {
    const count = this.matches.peek().length;
    if (count) this.found.value = (Math.min(this.found.peek(), count - 1) + by + count) % count;
  }

  /** The match that is shown. */
  get match() {
    return /** @type {Match|undefined} */ (this.matches.value[Math.min(this.found.value, this.matches.value.length - 1)]);
  }

  /** Replace the match that is shown and show the next, or replace all. @param {boolean} all @returns {number} how many */
  replace(all) {
    const match = this.match;
    const matches = all ? this.matches.peek() : match ? [match] : [];
    batch(() => {
      const { query, by, matchCase } = this.search.peek();
      this.change(replaced(this.document.peek(), matches, by));
      // What was put in may be found again, and is passed over.
      const again = all || !match ? 0 : matchesOf({ cues: [{ id: 0, text: by }] }, query, matchCase).length;
      this.found.value = all ? 0 : this.found.peek() + again;
    });
    return matches.length;
  }

  /** Select the next doubtful word, from the top again behind the last. @returns {import("./words.js").Word|undefined} */
  checkNext() {
    const { cues } = this.document.peek();
    const order = new Map(cues.map(({ id }, n) => [id, n]));
    const at = (/** @type {Caret} */ { id, from }) => [order.get(id) ?? -1, from];
    const last = this.checked ? at(this.checked) : [-1, 0];
    const isBehind = (/** @type {Caret} */ one) => at(one)[0] > last[0] || (at(one)[0] === last[0] && at(one)[1] > last[1]);
    const doubtful = this.doubtful.peek();
    const next = doubtful.find(isBehind) ?? doubtful[0];
    if (!next) return undefined;
    this.checked = next;
    this.caret.value = { id: next.id, from: next.from, to: next.to };
    return next.word;
  }
}

/** @param {Match[]} matches */
function byCue(matches) {
  /** @type {Map<number, Match[]>} */
  const found = new Map();
  for (const match of matches) found.set(match.id, [...(found.get(match.id) ?? []), match]);
  return found;
}

// The transcript to read along: each word marked while it is spoken, the doubtful ones underlined, to be heard again.
import { el } from "../../shared/dom.js";
import { amongCues, isDoubtful, reworded, spokenAt } from "./words.js";
import { words as texts } from "../texts.js";
import { plain } from "./vtt.js";

const AROUND_S = 0.4; // is heard before and after a word, which alone nobody understands

/**
 * @typedef {import("./words.js").Word} Word
 */

/** A transcript that follows its captions while a person corrects them. */
export class Transcript {
  /**
   * @param {Word[]} words as recognised
   * @param {import("./vtt.js").Cue[]} cues
   * @param {import("./player.js").Player} player
   * @param {{marks: boolean, language: string, onCheck: (word: Word) => void}} options whether doubtful words are marked
   */
  constructor(words, cues, player, { marks, language, onCheck }) {
    this.player = player;
    /** @type {Word[]} */
    this.words = [];
    /** @type {HTMLElement[]} */
    this.elements = [];
    this.shown = -1;
    this.marks = marks;
    this.onCheck = onCheck;
    const lists = cues.length ? amongCues(words, cues) : [words];
    this.passages = lists.map((recognised, n) => new Passage(recognised, cues[n]));
    this.advice = el("p", { class: "small soft" });
    this.text = el("p", { class: "transcript", dir: "auto", lang: language });
    this.element = el("div", { class: "stack tight" }, this.advice, this.text);
    for (const { element } of this.passages) this.text.append(element);
    this.passages.forEach((passage) => this.render(passage));
    this.index();
    this.text.addEventListener("click", (/** @type {MouseEvent} */ event) => this.choose(event));
    this.follow();
  }

  /** Show what a caption reads now. @param {number} n index of the caption @param {string} text */
  update(n, text) {
    this.passages[n].caption = text;
    this.render(this.passages[n]);
    this.index();
  }

  get isEmpty() {
    return this.words.length === 0;
  }

  /** @param {Passage} passage */
  render(passage) {
    passage.render((word) => this.marks && isDoubtful(word));
  }

  /** Bring up to date where each word is, and how many are to be checked. */
  index() {
    this.words = this.passages.flatMap((passage) => passage.words);
    this.elements = this.passages.flatMap((passage) => passage.elements);
    this.shown = -1;
    this.mark();
    const count = this.text.querySelectorAll(".doubtful").length;
    this.advice.textContent = count ? texts.toCheck(count) : "";
    this.advice.hidden = count === 0;
  }

  /** @param {MouseEvent} event */
  choose({ target }) {
    const element = /** @type {HTMLElement} */ (target);
    const word = this.words[this.elements.indexOf(element)];
    if (!word) return;
    if (element.classList.contains("doubtful")) {
      this.player.playExcerpt(Math.max(0, word.start - AROUND_S), word.end + AROUND_S);
      this.onCheck(word);
    } else this.player.seek(word.start);
  }

  /** Mark the words as they are spoken. */
  follow() {
    const { video } = this.player;
    const run = () => {
      this.mark();
      if (!video.paused && this.element.isConnected) requestAnimationFrame(run);
    };
    video.addEventListener("play", run);
    video.addEventListener("seeked", () => this.mark());
  }

  mark() {
    const at = spokenAt(this.words, this.player.video.currentTime);
    if (at === this.shown) return;
    this.elements[this.shown]?.classList.remove("now");
    this.elements[at]?.classList.add("now");
    this.shown = at;
  }
}

/** The words of one caption. */
class Passage {
  /** @param {Word[]} recognised @param {import("./vtt.js").Cue} [cue] */
  constructor(recognised, cue) {
    this.recognised = recognised;
    this.cue = cue;
    this.caption = cue ? plain(cue.text) : "";
    /** @type {Word[]} */
    this.words = [];
    /** @type {HTMLElement[]} */
    this.elements = [];
    this.element = el("span");
  }

  /** @param {(word: Word) => boolean} marked */
  render(marked) {
    const { recognised, caption, cue } = this;
    this.words = cue ? reworded(recognised, caption, cue) : recognised;
    this.elements = this.words.map((word) => wordElement(word, marked(word)));
    this.element.replaceChildren(
      ...this.words.flatMap((word, n) => (word.noSpaceBefore ? [this.elements[n]] : [" ", this.elements[n]])),
    );
  }
}

/** @param {Word} word @param {boolean} doubtful */
function wordElement({ text, start, confidence }, doubtful) {
  if (!doubtful) return el("span", { class: "word", "data-start": start }, text);
  const title = texts.uncertain(Math.round(100 * (confidence ?? 1)));
  return el("button", { type: "button", class: "word doubtful", "data-start": start, title }, text);
}

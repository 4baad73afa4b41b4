// Saving captions and transcript as one, and keeping what is not saved yet.
import { announce } from "../../shared/dom.js";
import { Problem } from "../../shared/problem.js";
import { batch, effect, signal } from "../../shared/ui.js";
import * as api from "../api.js";
import { reloadQuestions } from "../opening.js";
import { words as texts } from "../texts.js";
import { captionsOf, documentOf } from "./document.js";
import * as drafts from "./drafts.js";
import { serialise } from "./vtt.js";

/**
 * @typedef {import("./editing.js").Editing} Editing
 * @typedef {"empty"|"saved"|"conflict"|"restored"|"outdated"|"discarded"|"no-room"|{problem: Problem}} Outcome what is said beneath the captions
 */

/** What has been changed of an answer's text: kept in the browser until the server has it. */
export class Saving {
  /**
   * @param {Editing} editing
   * @param {drafts.Whose} whose
   * @param {string} version of the text that is edited
   * @param {import("./words.js").Word[]} words as recognised
   */
  constructor(editing, whose, version, words) {
    this.editing = editing;
    this.whose = whose;
    this.version = signal(version);
    this.words = words;
    this.draft = drafts.find(whose);
  }

  /** Take up what was changed before; what was changed of another text is only offered. @returns {Outcome|null} */
  restore() {
    if (!this.draft) return null;
    if (this.draft.version !== this.version.peek()) return "outdated";
    this.useDraft();
    return "restored";
  }

  useDraft() {
    if (this.draft) this.editing.change(documentOf(this.draft.cues, this.words));
    this.draft = null;
  }

  /** @returns {Outcome} */
  discard() {
    this.useDraft(); // so that it can be undone
    this.editing.change(this.editing.saved.peek());
    drafts.remove(this.whose);
    return "discarded";
  }

  /** Keep each change from now on. @returns {() => void} ends it */
  keep() {
    return effect(() => {
      const cues = captionsOf(this.editing.document.value);
      if (this.editing.isChanged.value) drafts.save(this.whose, { version: this.version.value, cues });
      else if (!this.draft) drafts.remove(this.whose);
    });
  }

  /** Make everybody see the captions, and what they say as the transcript. @returns {Promise<Outcome>} */
  async save() {
    const { mentor, question } = this.whose;
    const document = this.editing.document.peek();
    const cues = captionsOf(document);
    if (cues.length === 0) return "empty";
    try {
      const stored = await api.saveTranscript({ mentor, question, version: this.version.peek(), vtt_text: serialise(cues) });
      this.draft = null;
      batch(() => {
        this.version.value = stored.version;
        this.editing.saved.value = document;
      });
      announce(texts.savedAloud);
      reloadQuestions();
      return "saved";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      return problem.status === 409 ? "conflict" : { problem };
    }
  }
}

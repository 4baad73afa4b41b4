// Reading what an answer says, and showing its editor.
import { Badge, Button, Fragment, h, Note, useEffect, useState } from "../../shared/ui.js";
import * as api from "../api.js";
import { languageName } from "../format.js";
import { words as texts } from "../texts.js";
import { Editor } from "./editor.js";
import { parse } from "./vtt.js";
import { readTimings } from "./words.js";

const ENGLISH = "en";

/**
 * @typedef {import("./ready.js").Result} Result
 * @typedef {import("./ready.js").About} About
 * @typedef {{cues: import("./vtt.js").Cue[], words: import("./words.js").Word[], language: string, version: string, transcript: string, edited: boolean, differs: boolean, marksDoubtful: boolean}} Read `words`: as recognised; `edited`: whether a person has edited the transcript; `differs`: whether the captions are to be made of it first
 */

/** Transcript and captions. @param {{result: Result, about: About, player: import("./player.js").Player}} props */
export function Words({ result, about, player }) {
  const [read, setRead] = useState(/** @type {Read|"failed"|null} */ (null));
  const [times, setTimes] = useState(0);
  const again = () => setTimes(times + 1);
  useEffect(() => {
    readWords(result, about).then(show, () => setRead("failed"));
  }, [player, times]);
  const show = (/** @type {Read} */ found) => {
    player.caption(found.cues, found.language);
    setRead(found);
  };
  if (read === null) return null;
  if (read === "failed") return h(Note, { kind: "warn", title: texts.notNow, text: texts.notNowWhy });
  const { cues, edited, language } = read;
  const isDraft = result.recognised?.draft && !edited;
  return h(
    "section",
    { class: "stack tight", "aria-labelledby": "words-title" },
    h(
      "div",
      { class: "row" },
      h("h3", { id: "words-title" }, texts.title),
      h(Badge, { kind: "" }, languageName(language)),
      isDraft && h(Badge, { kind: "warn" }, texts.draft),
    ),
    h("p", { class: "small soft" }, isDraft ? texts.draftWhy : cues.length || read.differs ? texts.why : texts.none),
    read.differs && h(Differing, { read, about, onMade: again }),
    h(Editor, {
      key: read.version,
      read,
      about,
      player,
      onSaved: (cues) => show({ ...read, cues, edited: true, differs: false }),
      onReread: again,
    }),
  );
}

/** Offers captions of the transcript. @param {{read: Read, about: About, onMade: () => void}} props */
function Differing({ read, about, onMade }) {
  const [failure, setFailure] = useState(/** @type {string|null} */ (null));
  const [title, why] = read.cues.length ? [texts.differs, texts.differsWhy] : [texts.noCaptions, texts.noCaptionsWhy];
  const make = () => api.makeCaptions(about.mentor, about.question).then(onMade, (problem) => setFailure(problem.message));
  return h(
    Fragment,
    {},
    h(
      Note,
      { kind: "warn", title, text: why },
      h("p", { dir: "auto", lang: read.language }, read.transcript),
      h("div", { class: "row" }, h(Button, { action: make }, texts.makeCaptions)),
    ),
    failure && h(Note, { kind: "bad", title: texts.notMade, text: failure }),
  );
}

/** @param {Result} result @param {About} about @returns {Promise<Read>} */
async function readWords({ words, recognised }, { mentor, question }) {
  const [now, timings] = await Promise.all([
    api.transcript(mentor, question),
    words ? api.file(words).then((file) => file.json()).then(readTimings) : { words: [], language: null },
  ]);
  const { transcript, edited, version } = now;
  const cues = parse(now.vtt_text || (now.vtt_path ? await (await api.file(now.vtt_path)).text() : ""));
  return {
    cues,
    words: timings.words,
    language: recognised?.language ?? timings.language ?? ENGLISH,
    version,
    transcript,
    edited,
    // A transcript that nobody has edited is older than captions that somebody has.
    differs: !now.agrees && (edited || cues.length === 0),
    marksDoubtful: recognised !== null && !recognised.draft,
  };
}

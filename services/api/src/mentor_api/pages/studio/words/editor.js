// The editor of an answer's words: captions whose text is the transcript.
import { announce } from "../../shared/dom.js";
import { Button, effect, h, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../shared/ui.js";
import { words as texts } from "../texts.js";
import { CueRow } from "./cue-row.js";
import { captionsOf, documentOf } from "./document.js";
import { Editing } from "./editing.js";
import { download, fileName, FORMATS } from "./files.js";
import { FindBar } from "./find-bar.js";
import { Outcome } from "./outcome-note.js";
import { Playhead } from "./playhead.js";
import { Saving } from "./saving.js";

const AROUND_S = 0.4; // is heard before and after a word, which alone nobody understands
const LONG = 60; // captions, from which on the browser passes over those out of sight

/**
 * @typedef {import("./ready.js").About} About
 * @typedef {import("./reading.js").Read} Read
 */

/** Made anew for another text. @param {{read: Read, about: About, player: import("./player.js").Player, onSaved: (cues: import("./vtt.js").Cue[]) => void, onReread: () => void}} props */
export function Editor({ read, about, player, onSaved, onReread }) {
  const { editing, saving, playhead, restored } = useMemo(() => open(read, about, player), []);
  const [outcome, setOutcome] = useState(restored);
  const list = useRef(/** @type {HTMLOListElement|null} */ (null));
  const { document } = editing;
  useEffect(() => saving.keep(), []);
  useEffect(() => bringIntoSight(editing, playhead, list), []);
  useEffect(() => () => playhead.close(), []);
  useEffect(() => onSpace(() => playhead.toggle()), []);
  useCaret(editing, list);
  const save = async () => {
    setOutcome(null);
    const how = await saving.save();
    if (how === "saved") onSaved(captionsOf(editing.saved.peek()));
    setOutcome(how);
  };
  const check = () => {
    const word = editing.checkNext();
    if (!word) return;
    player.excerpt.play(Math.max(0, word.start - AROUND_S), word.end + AROUND_S);
    announce(texts.uncertain(word.text, Math.round(100 * (word.confidence ?? 1))));
  };
  const add = () => setOutcome(editing.add(player.video.currentTime) ? null : "no-room");
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const action = shortcut(event, { editing, save, check });
    if (!action) return;
    event.preventDefault();
    action();
  };
  const { cues } = document.value;
  return h(
    "div",
    { class: "editor stack tight", onKeyDown },
    h(
      "div",
      {},
      h(
        "div",
        { class: "stack tight" },
        h(Toolbar, { editing, onCheck: check, onAdd: add }),
        cues.length > 0 && h(
          "ol",
          { class: `cues ${cues.length >= LONG ? "long" : ""}`, "aria-label": texts.captions, ref: list },
          cues.map((cue, n) => h(CueRow, { key: cue.id, cue, n, editing, playhead, language: read.language })),
        ),
        h(Outcome, { outcome, editing, saving, onOutcome: setOutcome, onReread }),
      ),
      h(
        "div",
        { class: "actions row" },
        h(Button, { class: "primary", action: save }, texts.save),
        editing.isChanged.value && h("span", { class: "small soft" }, texts.unsaved),
      ),
    ),
    h(Downloads, { editing, title: about.title, language: read.language }),
    h(Shortcuts, {}),
  );
}

/** @param {Read} read @param {About} about @param {import("./player.js").Player} player */
function open({ cues, words, version, marksDoubtful }, about, player) {
  const editing = new Editing(documentOf(cues, words), marksDoubtful);
  const saving = new Saving(editing, about, version, words);
  const playhead = new Playhead(player.video, () => editing.document.peek());
  return { editing, saving, playhead, restored: saving.restore() };
}

/** @param {{editing: Editing, onCheck: () => void, onAdd: () => void}} props */
function Toolbar({ editing, onCheck, onAdd }) {
  const { past, future } = editing.history.value;
  const { open } = editing.search.value;
  const doubtful = editing.doubtful.value.length;
  const toggle = () => {
    const { match } = editing;
    editing.search.value = { ...editing.search.peek(), open: !open };
    if (open && match) editing.caret.value = match;
  };
  return [
    h(
      "div",
      { key: "bar", class: "row toolbar", role: "group", "aria-label": texts.toolbar },
      h(Button, { class: "small", "aria-disabled": !past.length, action: () => editing.undo() }, texts.undo),
      h(Button, { class: "small", "aria-disabled": !future.length, action: () => editing.redo() }, texts.redo),
      h(Button, { class: "small", "aria-expanded": open, action: toggle }, texts.findAndReplace),
      h(Button, { class: "small", action: onAdd }, texts.add),
    ),
    open && h(FindBar, { key: "find", editing, onClose: toggle }),
    doubtful > 0 &&
      h(
        "p",
        { key: "check", class: "row small soft" },
        texts.toCheck(doubtful),
        h(Button, { class: "small", action: onCheck }, texts.check),
      ),
  ];
}

/** @param {{editing: Editing, title: string, language: string}} props */
function Downloads({ editing, title, language }) {
  const take = (/** @type {keyof typeof FORMATS} */ kind) => {
    const { type, write } = FORMATS[kind];
    download(`${fileName(title)}.${language}.${kind}`, type, write(editing.document.peek()));
  };
  const kinds = /** @type {(keyof typeof FORMATS)[]} */ (Object.keys(FORMATS));
  return h(
    "div",
    { class: "row small", role: "group", "aria-label": texts.download },
    h("span", { class: "soft", "aria-hidden": "true" }, texts.download),
    kinds.map((kind) => h(Button, { key: kind, class: "small quiet", action: () => take(kind) }, texts.formats[kind])),
  );
}

const Shortcuts = () =>
  h(
    "details",
    { class: "small" },
    h("summary", {}, texts.shortcuts),
    h("dl", { class: "shortcuts" }, texts.keys.flatMap(([keys, what]) => [h("dt", { key: keys }, keys), h("dd", { key: what }, what)])),
  );

/** What a key does anywhere in the editor. @param {KeyboardEvent} event @param {{editing: Editing, save: () => void, check: () => void}} its @returns {(() => void)|undefined} */
function shortcut({ key, ctrlKey, metaKey, shiftKey, target }, { editing, save, check }) {
  if (key === "F8") return check;
  if (!ctrlKey && !metaKey) return undefined;
  const pressed = key.toLowerCase();
  if (pressed === "s") return save;
  // Other fields undo what was typed into them themselves.
  if (target instanceof HTMLInputElement) return undefined;
  if (pressed === "y" || (pressed === "z" && shiftKey)) return () => editing.withCaret(() => editing.redo());
  return pressed === "z" ? () => editing.withCaret(() => editing.undo()) : undefined;
}

/** Play and pause by the space bar where it does nothing else. @param {() => void} toggle @returns {() => void} ends it */
function onSpace(toggle) {
  const ending = new AbortController();
  const press = (/** @type {KeyboardEvent} */ event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    const elsewhere = target instanceof Element && target.closest("input, textarea, select, button, summary, video, a, dialog, [role]");
    if (key !== " " || ctrlKey || metaKey || altKey || elsewhere || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    toggle();
  };
  document.addEventListener("keydown", press, { signal: ending.signal });
  return () => ending.abort();
}

/** Put the caret where it is to go, once the field is there. @param {Editing} editing @param {{current: HTMLOListElement|null}} list */
function useCaret(editing, list) {
  const { caret } = editing;
  const wanted = caret.value;
  useLayoutEffect(() => {
    const field = wanted && list.current?.querySelector(`[data-cue="${wanted.id}"] textarea`);
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.focus();
    field.setSelectionRange(wanted?.from ?? 0, wanted?.to ?? 0);
    caret.value = null;
  }, [wanted]);
}

/**
 * Bring into sight what was found, and what is spoken while nobody works on another caption.
 * @param {Editing} editing
 * @param {Playhead} playhead
 * @param {{current: HTMLElement|null}} list
 * @returns {() => void} ends it
 */
function bringIntoSight(editing, playhead, list) {
  const show = (/** @type {number|undefined} */ id) => {
    const row = list.current?.querySelector(`[data-cue="${id}"]`)?.getBoundingClientRect();
    const seen = list.current?.getBoundingClientRect();
    if (!row || !seen || (row.top >= seen.top && row.bottom <= seen.bottom)) return;
    list.current?.scrollBy(0, row.top - seen.top); // the page itself stays where it is
  };
  const ends = [
    effect(() => {
      const spoken = playhead.cue.value;
      if (!list.current?.contains(document.activeElement)) show(spoken);
    }),
    effect(() => show(editing.match?.id)),
  ];
  return () => ends.forEach((end) => end());
}

// All that is on its way, of all questions: one line that opens to a row for each.
import { announce } from "../../shared/dom.js";
import { Button, computed, effect, h, useState } from "../../shared/ui.js";
import { turnTo } from "../opening.js";
import { state } from "../store.js";
import { sending as sendingTexts, tray as texts } from "../texts.js";
import { figures, isUseless, sentence, sentPercent } from "./sending-view.js";
import { pause, resume, sendAgain } from "./sending.js";

/** @typedef {import("../state.js").Sending} Sending */
/** @typedef {keyof typeof texts.count} Kind */

/** What a file on its way counts as. @type {Record<import("../state.js").Phase, Kind>} */
const KINDS = {
  sending: "sending",
  arrived: "sending",
  waiting: "waiting",
  failed: "stuck",
  "file-needed": "stuck",
  paused: "paused",
  queued: "queued",
  elsewhere: "elsewhere",
};
const ORDER = /** @type {Kind[]} */ (Object.keys(texts.count));
/** What changes and changes back sooner is not announced. */
const SETTLED_MS = 3000;

/** How many there are of each kind, in a line; empty where there are none. @param {Sending[]} sendings */
export function summary(sendings) {
  const count = (/** @type {Kind} */ kind) => sendings.filter(({ phase }) => KINDS[phase] === kind).length;
  return ORDER.map((kind) => count(kind) && texts.count[kind](count(kind))).filter(Boolean).join(", ");
}

/** What the work area does not show already: nothing where it is the only one. */
const listed = computed(() => {
  const { sendings, shown, mentor } = state.value;
  const all = Object.values(sendings);
  const elsewhere = all.some((sending) => sending.question !== shown || sending.mentor !== mentor?.mentor);
  return elsewhere ? all : [];
});

/** Announce from now on when it changes how many go, wait or stand still; never how far they are. */
export function followState() {
  const line = computed(() => summary(listed.value));
  effect(() => {
    const text = line.value;
    if (!text) return;
    const settled = setTimeout(() => announce(`${texts.title}: ${text}`), SETTLED_MS);
    return () => clearTimeout(settled);
  });
}

/** @param {{onMentor: (mentor: string) => Promise<void>}} props */
export function Tray({ onMentor }) {
  const [open, setOpen] = useState(false);
  const all = listed.value;
  if (all.length === 0) return null;
  const onToggle = (/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open);
  const percent = all.reduce((sum, sending) => sum + sentPercent(sending), 0) / all.length;
  return h(
    "section",
    { class: "tray", "aria-label": texts.title },
    h(
      "details",
      { open, onToggle },
      h("summary", {}, h("span", { class: "grow" }, summary(all)), h("progress", { max: 100, value: percent, "aria-hidden": "true" })),
      open && h("ul", {}, all.map((sending) => h(Row, { key: sending.id, sending, onMentor }))),
    ),
  );
}

/** @param {{sending: Sending, onMentor: (mentor: string) => Promise<void>}} props */
function Row({ sending, onMentor }) {
  const { mentor, mentorName, question, text, phase, problem } = sending;
  const here = state.value.mentor?.mentor === mentor;
  const go = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!here) await onMentor(mentor);
    turnTo(question);
  };
  const moves = phase === "sending" || phase === "arrived";
  return h(
    "li",
    { class: "stack tight" },
    h(
      "div",
      { class: "row" },
      h(
        "a",
        { class: "grow", href: `studio#${question}`, onClick: go },
        h("span", { dir: "auto" }, text),
        !here && h("span", { class: "soft small", dir: "auto" }, mentorName),
      ),
      h(Control, { sending }),
    ),
    phase !== "elsewhere" && h("progress", { max: 100, value: sentPercent(sending), "aria-label": text }),
    h("p", { class: `small figures ${problem && phase === "failed" ? "" : "soft"}` }, moves ? figures(sending) : sentence(sending)),
    phase === "failed" && problem && h("p", { class: "small" }, problem.message),
  );
}

/** @param {{sending: Sending}} props */
function Control({ sending }) {
  const { id, phase, text } = sending;
  if (isUseless(sending)) return null;
  if (phase === "failed") return h(Button, { action: () => sendAgain(id), class: "small", "aria-label": texts.retryOf(text) }, sendingTexts.retry);
  if (phase === "paused") return h(Button, { action: () => resume(id), class: "small", "aria-label": texts.resumeOf(text) }, sendingTexts.resume);
  if (phase === "sending" || phase === "waiting" || phase === "queued")
    return h(Button, { action: () => pause(id), class: "small", "aria-label": texts.pauseOf(text) }, sendingTexts.pause);
  return null;
}

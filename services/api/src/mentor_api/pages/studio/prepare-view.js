// A file before it is sent: a preview, the choice of a part, and options.
import { button, el, note } from "../shared/dom.js";
import { size } from "./format.js";
import { measure } from "./media.js";
import { asRequest, SHORTEST_S, Trim } from "./trim.js";

/**
 * @typedef {{trim: {start: number, end: number}|null, thumbnail: boolean, keepText: boolean}} Wishes
 */

/**
 * @param {File} file
 * @param {{edited: boolean, pictured: boolean}} answer whether its text was edited; whether the mentor has a picture
 * @param {{onSend: (wishes: Wishes) => void, onBack: () => void}} then
 * @returns {Promise<{element: HTMLElement, close: () => void}>}
 */
export async function prepareView(file, answer, { onSend, onBack }) {
  const measured = await measure(file);
  const video = el("video", { controls: true, playsinline: true, preload: "auto" });
  const trim = measured.playable ? new Trim(file, measured, video) : null;
  video.src = measured.url;
  const picture = check("thumbnail", "Make my picture from this video", !answer.pictured);
  const keep = check("keep-text", "Keep the text I corrected (only if you say the same words)", false);
  const wishes = () => ({
    trim: trim && asRequest(trim.range, trim.duration),
    thumbnail: picture.box.checked,
    keepText: answer.edited && keep.box.checked,
  });
  const tooShort = measured.playable && measured.duration < SHORTEST_S;
  const send = button("Send this video", () => onSend(wishes()), { class: "primary" });
  send.disabled = tooShort;
  const element = el(
    "div",
    { class: "stack" },
    measured.playable ? el("div", { class: "screen" }, video) : cannotShow(),
    tooShort && note("bad", "Too short", "A video must last at least one second. Record again."),
    trim?.element,
    el("div", { class: "stack tight" }, picture.row, answer.edited && keep.row),
    el("p", { class: "small soft" }, `${file.name}, ${size(file.size)}`),
    el("div", { class: "row" }, send, button("Take another", onBack, { class: "quiet" })),
  );
  const close = () => {
    trim?.close();
    video.removeAttribute("src");
    URL.revokeObjectURL(measured.url);
  };
  return { element, close };
}

function cannotShow() {
  return note(
    "warn",
    "Your browser cannot show this video",
    "That does not mean it is broken: phones make kinds of video that some browsers cannot play. You can send it as it is, as a whole; we tell you at once if it is of no use.",
  );
}

/** @param {string} id @param {string} text @param {boolean} checked */
function check(id, text, checked) {
  const box = el("input", { type: "checkbox", id, checked });
  return { box, row: el("div", { class: "row check" }, box, el("label", { for: id }, text)) };
}

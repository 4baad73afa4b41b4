// The choice of a video's source: the camera, or a file.
import { button, el, note } from "../shared/dom.js";
import { size } from "./format.js";
import { RECORDED } from "./record-view.js";

/**
 * @param {{idle: boolean, unfinished: import("./unfinished-uploads.js").UnfinishedUpload|null, maxBytes: number}} about
 * @param {{onRecord: () => void, onFile: (file: File) => void, onForget: () => void, onBack?: () => void}} then
 */
export function chooseView(about, { onRecord, onFile, onForget, onBack }) {
  const trouble = el("div");
  /** @param {File|undefined} file */
  const take = (file) => {
    if (!file) return;
    if (file.size === 0) trouble.replaceChildren(note("bad", "This file is empty", "Choose another."));
    else if (file.size > about.maxBytes) trouble.replaceChildren(tooLarge(file.size, about.maxBytes));
    else if (isVideo(file)) onFile(file);
    else trouble.replaceChildren(note("bad", "This is no video", "Choose a video file, such as MP4, MOV or WebM."));
  };
  return el(
    "div",
    { class: "stack" },
    about.unfinished && !about.unfinished.name.startsWith(RECORDED) && interrupted(about.unfinished, onForget),
    about.idle && note("info", "Say nothing in this one", "Look at the camera and listen, as if somebody were talking to you."),
    el(
      "div",
      { class: "ways" },
      el(
        "div",
        { class: "way stack" },
        el("h3", {}, "With your camera"),
        el("p", { class: "soft" }, "Record here and now. You can look at it before you send it."),
        button("Use the camera", onRecord, { class: "primary" }),
      ),
      dropZone(take, about.maxBytes),
    ),
    trouble,
    onBack && el("div", { class: "row" }, button("Back to the answer", onBack, { class: "quiet" })),
  );
}

/** @param {(file: File|undefined) => void} take @param {number} maxBytes */
function dropZone(take, maxBytes) {
  const input = el("input", { type: "file", id: "file", accept: "video/*,.mkv,.mov", class: "visually-hidden" });
  input.addEventListener("change", () => take(input.files?.[0]));
  const zone = el(
    "div",
    { class: "way drop stack" },
    el("h3", {}, "From a file"),
    el("p", { class: "soft" }, `Drop a video here, or choose one from this device, of at most ${size(maxBytes)}.`),
    input,
    el("label", { for: "file", class: "button" }, "Choose a file"),
  );
  zone.addEventListener("dragover", (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer?.files[0]);
  });
  return zone;
}

/** @param {import("./unfinished-uploads.js").UnfinishedUpload} upload @param {() => void} onForget */
function interrupted(upload, onForget) {
  return note(
    "warn",
    "An upload was interrupted",
    `Choose the same file again to go on where it stopped: ${upload.name}, ${size(upload.size)}.`,
    el("div", { class: "row" }, button("Forget about it", onForget, { class: "small" })),
  );
}

/** @param {number} bytes @param {number} maxBytes */
function tooLarge(bytes, maxBytes) {
  const text = `It has ${size(bytes)}; at most ${size(maxBytes)} can be sent. Shorten it, or save it in a smaller size.`;
  return note("bad", "This file is too large", text);
}

/** @param {File} file */
function isVideo(file) {
  return file.type === "" || file.type.startsWith("video/") || /\.(mkv|mov|mp4|webm)$/i.test(file.name);
}

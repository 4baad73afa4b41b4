// The choice of a video's source: the camera, or a file.
import { Button, h, Note, useState } from "../../shared/ui.js";
import { size } from "../format.js";
import { choose as texts } from "../texts.js";

/**
 * @param {object} props
 * @param {boolean} props.idle whether the question asks for an idle clip
 * @param {{name: string, size: number}|null} props.interrupted file of an upload that was interrupted
 * @param {number} props.maxBytes of a file
 * @param {() => void} props.onRecord
 * @param {(file: File) => void} props.onFile
 * @param {() => void} props.onForget the interrupted upload
 * @param {() => void} [props.onBack] where there is an answer to go back to
 */
export function Choose({ idle, interrupted, maxBytes, onRecord, onFile, onForget, onBack }) {
  const [trouble, setTrouble] = useState(/** @type {[string, string]|null} */ (null));
  /** @param {File|undefined} file */
  const take = (file) => {
    if (!file) return;
    const refusal = refusalOf(file, maxBytes);
    setTrouble(refusal);
    if (!refusal) onFile(file);
  };
  return h(
    "div",
    { class: "stack" },
    interrupted &&
      h(
        Note,
        { kind: "warn", title: texts.interrupted, text: texts.interruptedWhy(interrupted.name, size(interrupted.size)) },
        h("div", { class: "row" }, h(Button, { action: onForget, class: "small" }, texts.forget)),
      ),
    idle && h(Note, { kind: "info", title: texts.idle, text: texts.idleWhy }),
    h(
      "div",
      { class: "ways" },
      h(
        "div",
        { class: "way stack" },
        h("h3", {}, texts.camera),
        h("p", { class: "soft" }, texts.cameraWhy),
        h(Button, { action: onRecord, class: "primary" }, texts.useCamera),
      ),
      h(DropZone, { take, maxBytes }),
    ),
    trouble && h(Note, { kind: "bad", title: trouble[0], text: trouble[1] }),
    onBack && h("div", { class: "row" }, h(Button, { action: onBack, class: "quiet" }, texts.back)),
  );
}

/** @param {{take: (file: File|undefined) => void, maxBytes: number}} props */
function DropZone({ take, maxBytes }) {
  const [over, setOver] = useState(false);
  const hover = (/** @type {boolean} */ over) => (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(over);
  };
  return h(
    "div",
    {
      class: `way drop stack ${over ? "over" : ""}`,
      onDragOver: hover(true),
      onDragLeave: hover(false),
      onDrop: (/** @type {DragEvent} */ event) => {
        hover(false)(event);
        take(event.dataTransfer?.files[0]);
      },
    },
    h("h3", {}, texts.file),
    h("p", { class: "soft" }, texts.fileWhy(size(maxBytes))),
    h("input", {
      type: "file",
      id: "file",
      accept: "video/*,.mkv,.mov",
      class: "visually-hidden",
      onChange: (/** @type {Event} */ event) => take(/** @type {HTMLInputElement} */ (event.target).files?.[0]),
    }),
    h("label", { for: "file", class: "button" }, texts.chooseFile),
  );
}

/**
 * Why a file cannot be sent, a title and a text; null where it can.
 * @param {File} file
 * @param {number} maxBytes
 * @returns {[string, string]|null}
 */
function refusalOf(file, maxBytes) {
  if (file.size === 0) return [texts.empty, texts.emptyWhy];
  if (file.size > maxBytes) return [texts.tooLarge, texts.tooLargeWhy(size(file.size), size(maxBytes))];
  const video = file.type === "" || file.type.startsWith("video/") || /\.(mkv|mov|mp4|webm)$/i.test(file.name);
  return video ? null : [texts.notVideo, texts.notVideoWhy];
}

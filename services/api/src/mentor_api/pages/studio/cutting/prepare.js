// A file before it is sent: a preview, the choice of a part, the mentor's picture, and options.
import { Button, h, Note, useEffect, useLayoutEffect, useRef, useState } from "../../shared/ui.js";
import { size } from "../format.js";
import { prepare as texts } from "../texts.js";
import { measure } from "./media.js";
import { MentorPicture } from "./mentor-picture.js";
import { asRequest, SHORTEST_S } from "./range.js";
import { Trim } from "./trim.js";

/** @typedef {import("../state.js").Range} Range */

/**
 * @param {object} props
 * @param {File} props.file
 * @param {Range} [props.range] that was chosen before
 * @param {boolean} props.edited whether the answer's text was edited by a person
 * @param {boolean} props.pictured whether the mentor has a picture
 * @param {(range: Range) => void} props.onRange what is chosen when the view is left
 * @param {(wishes: import("../state.js").Wishes) => void} props.onSend
 * @param {() => void} props.onBack
 */
export function Prepare({ file, range, edited, pictured, onRange, onSend, onBack }) {
  const measured = useMeasured(file);
  const [video, setVideo] = useState(/** @type {HTMLVideoElement|null} */ (null));
  const chosen = useRef(range ?? null);
  const [picture, setPicture] = useState(!pictured);
  const [keep, setKeep] = useState(false);
  useLayoutEffect(() => () => void (chosen.current && onRange(chosen.current)), []);
  if (!measured) return h("p", { role: "status" }, texts.looking);
  const { playable, duration, frame, url } = measured;
  const tooShort = playable && duration < SHORTEST_S;
  const send = () =>
    onSend({ trim: chosen.current && asRequest(chosen.current, duration), thumbnail: picture, keepText: edited && keep });
  return h(
    "div",
    {},
    h(
      "div",
      { class: "stack" },
      playable
        ? h("div", { class: "screen" }, h("video", { controls: true, playsinline: true, preload: "auto", src: url, "aria-label": texts.preview, ref: setVideo }))
        : h(Note, { kind: "warn", title: texts.cannotShow, text: texts.cannotShowWhy }),
      tooShort && h(Note, { kind: "bad", title: texts.tooShort, text: texts.tooShortWhy }),
      playable &&
        video &&
        h(Trim, {
          file,
          measured,
          video,
          range: chosen.current ?? { start: 0, end: duration },
          onRange: (range) => void (chosen.current = range),
        }),
      h(
        MentorPicture,
        { url: playable ? url : null, duration, frame, span: () => chosen.current, onSaved: () => setPicture(false) },
        h(Check, { id: "thumbnail", text: texts.picture, checked: picture, onChange: setPicture }),
      ),
      edited && h(Check, { id: "keep-text", text: texts.keepText, checked: keep, onChange: setKeep }),
      h("p", { class: "small soft" }, h("bdi", {}, file.name), ", ", h("bdi", {}, size(file.size))),
    ),
    h(
      "div",
      { class: "actions row" },
      h(Button, { action: send, class: "primary", disabled: tooShort }, texts.send),
      h(Button, { action: onBack, class: "quiet" }, texts.another),
    ),
  );
}

/** What a file is like, null until that is known. @param {File} file */
function useMeasured(file) {
  const [measured, setMeasured] = useState(/** @type {import("./media.js").Measured|null} */ (null));
  useEffect(() => {
    let left = false;
    let url = "";
    measure(file).then((found) => {
      url = found.url;
      if (left) URL.revokeObjectURL(url);
      else setMeasured(found);
    });
    return () => {
      left = true;
      URL.revokeObjectURL(url);
    };
  }, [file]);
  return measured;
}

/** @param {{id: string, text: string, checked: boolean, onChange: (checked: boolean) => void}} props */
function Check({ id, text, checked, onChange }) {
  const change = (/** @type {Event} */ event) => onChange(/** @type {HTMLInputElement} */ (event.target).checked);
  return h("div", { class: "row check" }, h("input", { type: "checkbox", id, checked, onChange: change }), h("label", { for: id }, text));
}

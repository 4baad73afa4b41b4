// The mentor's picture, and its choice from the frames of a video.
import { announce } from "../../shared/dom.js";
import { Problem } from "../../shared/problem.js";
import { Button, h, Note, useEffect, useRef, useState } from "../../shared/ui.js";
import * as api from "../api.js";
import { dispatch, state } from "../store.js";
import { mentorPicture as texts } from "../texts.js";
import { FramePicker } from "./frame-picker.js";

/**
 * @param {object} props
 * @param {string|null} props.url of the video; null where its frames cannot be shown
 * @param {number} [props.duration] seconds, where the video itself may not say it
 * @param {number} [props.frame] seconds that a frame of it lasts, where that is known
 * @param {() => import("../state.js").Range|null} [props.span] the part of the video that frames are offered of
 * @param {() => void} [props.onSaved]
 * @param {import("../../shared/ui.js").Children} [props.children] other ways to a picture
 */
export function MentorPicture({ url, duration, frame, span, onSaved, children }) {
  const { mentor } = state.value;
  const [choosing, setChoosing] = useState(false);
  const [said, setSaid] = useState("");
  const [before, setBefore] = useState(/** @type {Blob|null} */ (null));
  const [problem, setProblem] = useState(/** @type {Problem|null} */ (null));
  const { local, show } = useLocalPicture();
  const opens = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const used = useRef(false);
  useEffect(() => {
    // What had the focus may be gone, with the frames or after *Undo*.
    if (used.current && document.activeElement === document.body) opens.current?.focus();
    used.current ||= choosing;
  }, [choosing, before]);
  if (!mentor) return null;
  const shown = local ?? mentor.thumbnail;
  const say = (/** @type {string} */ text) => {
    setSaid(text);
    announce(text);
  };
  const save = async (/** @type {Blob} */ picture, /** @type {string} */ done) => {
    setProblem(null);
    setChoosing(false);
    show(picture);
    say(texts.saving);
    try {
      const thumbnail = await api.savePicture(mentor.mentor, picture);
      dispatch({ type: "pictured", mentor: mentor.mentor, thumbnail });
      say(done);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      show(null);
      setSaid("");
      setProblem(error);
      return false;
    }
  };
  const use = async (/** @type {Blob} */ picture) => {
    const reading = pictureAt(mentor.thumbnail);
    if (!(await save(picture, texts.saved))) return;
    setBefore(await reading);
    onSaved?.();
  };
  const undo = async () => {
    if (before && (await save(before, texts.undone))) setBefore(null);
  };
  return h(
    "section",
    { class: "mentor-picture stack tight", "aria-labelledby": "mentor-picture-title" },
    h("h3", { id: "mentor-picture-title" }, texts.title),
    h("p", { class: "small soft" }, texts.why),
    h(
      "div",
      { class: "row" },
      shown && h("img", { src: shown, alt: texts.alt, width: 120 }),
      url && !choosing && h(Button, { action: () => setChoosing(true), ref: opens }, texts.fromFrames),
      said && h("span", { class: "small" }, said),
      said && before && h(Button, { action: undo, class: "quiet" }, texts.undo),
    ),
    url && choosing && h(FramePicker, { url, duration, frame, span: span?.() ?? null, onUse: use, onCancel: () => setChoosing(false) }),
    problem && h(Note, { kind: "bad", title: problem.title, text: problem.message }),
    children,
  );
}

/** A picture of this device that is shown while it is saved: nothing moves when it has been. */
function useLocalPicture() {
  const [local, setLocal] = useState(/** @type {string|null} */ (null));
  useEffect(() => () => void (local && URL.revokeObjectURL(local)), [local]);
  return { local, show: (/** @type {Blob|null} */ picture) => setLocal(picture && URL.createObjectURL(picture)) };
}

/** The picture at an address, to be had back; null where it cannot be read. @param {string|null} url */
async function pictureAt(url) {
  if (!url) return null;
  // An <img> may have left it in the cache as it may not be read by scripts.
  const response = await fetch(url, { cache: "no-store" }).catch(() => null);
  return response?.ok ? response.blob() : null;
}

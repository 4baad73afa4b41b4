// What is known of the silence at the ends, and the offer to cut it.
import { Button, h } from "../../shared/ui.js";
import { seconds } from "../format.js";
import { trim as texts } from "../texts.js";
import { silenceIn } from "./silence.js";

/** @typedef {import("../state.js").Range} Range */

/**
 * @param {object} props
 * @param {Range} props.range
 * @param {Range|null} props.suggested
 * @param {"listening"|"unreadable"|"known"} props.state
 * @param {(range: Range) => void} props.onCut
 */
export function Silence({ range, suggested, state, onCut }) {
  const silence = silenceIn(range, suggested);
  const said = silence ? texts.silence(silence.start && seconds(silence.start), silence.end && seconds(silence.end)) : texts.silenceNone;
  const cut = () => silence && onCut({ start: range.start + silence.start, end: range.end - silence.end });
  return h(
    "div",
    { class: "row silence-line" },
    h("p", { class: "small", role: "status" }, state === "known" ? said : texts.sound[state]),
    h(Button, { action: cut, "aria-disabled": String(!silence) }, texts.cutSilence),
  );
}

// The takes of a question: each can be played, chosen, deleted and had back.
import { Badge, Button, h, useEffect, useRef, useState } from "../../shared/ui.js";
import { clock, size, when } from "../format.js";
import { state } from "../store.js";
import { takes as texts } from "../texts.js";
import * as takes from "./takes.js";

/** @typedef {import("./takes.js").Take} Take */

/** @param {{question: string, onUse: (file: File, take: string) => void}} props */
export function Takes({ question, onUse }) {
  const kept = state.value.takes[question] ?? [];
  if (kept.length === 0) return null;
  return h(
    "section",
    { class: "note info stack tight takes", "aria-labelledby": "takes-title" },
    h("h3", { id: "takes-title" }, texts.title),
    h("p", {}, texts.why),
    h("ul", { class: "stack tight" }, kept.map((take) => h(Row, { key: take.id, take, onUse }))),
  );
}

/** @param {{take: Take, onUse: (file: File, take: string) => void}} props */
function Row({ take, onUse }) {
  const [url, setUrl] = useState(/** @type {string|null} */ (null));
  const undo = useRef(/** @type {HTMLButtonElement|null} */ (null));
  const deletedHere = useRef(false);
  const name = texts.name(when(take.at));
  useEffect(() => () => void (url && URL.revokeObjectURL(url)), [url]);
  useEffect(() => {
    if (take.deleted) setUrl(null);
    if (take.deleted && deletedHere.current) undo.current?.focus();
  }, [take.deleted]);
  if (take.deleted) {
    return h(
      "li",
      { class: "row" },
      h("span", { class: "grow soft", role: "status" }, texts.deleted(when(take.at))),
      h(Button, { action: () => takes.restore(take), class: "small", "aria-label": texts.undoOf(name), ref: undo }, texts.undo),
    );
  }
  const play = async () => setUrl(url ? null : URL.createObjectURL(await takes.fileOf(take)));
  const remove = () => {
    deletedHere.current = true;
    return takes.remove(take);
  };
  const use = async () => onUse(await takes.fileOf(take), take.id);
  return h(
    "li",
    { class: "stack tight" },
    h(
      "div",
      { class: "row" },
      h("span", { class: "grow" }, [name, take.seconds ? clock(take.seconds) : "", size(take.bytes)].filter(Boolean).join(" · ")),
      (take.upload || take.setAside) && h(Badge, { kind: "" }, take.upload ? texts.sent : texts.setAside),
      h(Button, { action: use, class: "small primary", "aria-label": texts.useOf(name) }, texts.use),
      h(Button, { action: play, class: "small", "aria-expanded": url !== null, "aria-label": texts.playOf(name) }, url ? texts.close : texts.play),
      h(Button, { action: remove, class: "small", "aria-label": texts.removeOf(name) }, texts.remove),
    ),
    url && h("div", { class: "screen" }, h("video", { src: url, controls: true, autoplay: true, playsinline: true, "aria-label": name })),
  );
}

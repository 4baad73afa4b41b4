// What keeps a recording from beginning, or has ended one, in words.
import { Button, h, Note } from "../../shared/ui.js";
import { devices as texts } from "../texts.js";
import { tryAgain } from "./camera.js";
import { browserOf } from "./trouble.js";

/** @param {{trouble: import("./trouble.js").Trouble}} props */
export function TroubleNote({ trouble }) {
  const { title, text } = texts.trouble[trouble];
  return h(
    Note,
    { kind: "bad", title, text },
    trouble === "refused" && h("p", {}, texts.howToAllow[browserOf(navigator)]),
    trouble !== "cannot" && h("div", { class: "row" }, h(Button, { action: tryAgain }, texts.tryAgain)),
  );
}

/** @param {{kind: import("./devices.js").Kind}} props which device went away while it recorded */
export const LostNote = ({ kind }) => h(Note, { kind: "warn", title: texts.lost[kind], text: texts.lostWhy });

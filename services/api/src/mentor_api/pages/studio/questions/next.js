// On to the next open question, with the camera if it is on.
import { Button, h } from "../../shared/ui.js";
import { turnTo } from "../opening.js";
import { nextOpen } from "./listing.js";
import { state } from "../store.js";
import { questions as texts } from "../texts.js";

/** @param {{question: string, record: boolean}} props `record`: it begins where the camera is shown */
export function NextQuestion({ question, record }) {
  const next = nextOpen(state.value, question);
  if (!next) return h("p", { class: "soft" }, texts.lastSent);
  const go = () => turnTo(next.question, record ? { step: "record" } : undefined);
  return h(
    "div",
    { class: "next row" },
    h(Button, { action: go, class: "primary", "data-next": true }, texts.next),
    h("span", { class: "soft grow", dir: "auto" }, next.text),
  );
}

// The choice of a camera and a microphone.
import { h } from "../../shared/ui.js";
import { devices as texts } from "../texts.js";
import { camera } from "./camera.js";
import { choice, choose, devices, isConnected, usedBy } from "./devices.js";

/** @typedef {import("./devices.js").Kind} Kind */

/** @param {{locked: boolean}} props `locked` while it is recorded */
export function Picker({ locked }) {
  return h("div", { class: "picker" }, h(Choice, { kind: "camera", locked }), h(Choice, { kind: "microphone", locked }));
}

/** @param {{kind: Kind, locked: boolean}} props */
function Choice({ kind, locked }) {
  const known = devices.value[kind].filter(({ id }) => id !== "");
  const chosen = choice.value[kind];
  const used = usedBy(camera.value.stream)[kind] ?? chosen?.id;
  const change = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    const device = known.find(({ id }) => id === value);
    if (device) choose(kind, device);
  };
  const missing = chosen && known.length > 0 && !isConnected(devices.value, kind, chosen.id);
  return h(
    "div",
    { class: "field" },
    h("label", { for: kind }, texts.names[kind]),
    h(
      "select",
      { id: kind, disabled: locked || known.length === 0, value: used, onChange: change },
      known.length === 0 && h("option", {}, texts.unknown),
      known.map(({ id, label }, n) => h("option", { key: id, value: id }, label || texts.unnamed(kind, n + 1))),
    ),
    missing && h("p", { class: "small soft" }, texts.missing(chosen.label)),
  );
}

// The camera that stays on for the next question, in sight, with a button that turns it off.
import { Button, h } from "../../shared/ui.js";
import { dispatch } from "../store.js";
import { record as texts } from "../texts.js";
import { camera } from "./camera.js";
import { Self } from "./self.js";

/** @param {{question: string}} props */
export function CameraStillOn({ question }) {
  const { stream } = camera.value;
  if (!stream) return null;
  return h(
    "div",
    { class: "still-on row" },
    h(Self, { stream }),
    h("span", { class: "small soft grow" }, texts.stillOn),
    h(Button, { action: () => dispatch({ type: "camera-off", question }), class: "small" }, texts.turnOff),
  );
}

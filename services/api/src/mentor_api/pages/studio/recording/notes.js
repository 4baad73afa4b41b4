// Notes on an answer, beside the camera. They stay in this browser and are never sent.
import { h, useState } from "../../shared/ui.js";
import { notesKey } from "../own-texts.js";
import { notes as texts } from "../texts.js";

/** @param {import("../own-texts.js").Whose} whose */
export const find = (whose) => localStorage.getItem(notesKey(whose)) ?? "";

/** Keep notes; false where the browser has no room. @param {import("../own-texts.js").Whose} whose @param {string} text */
export function save(whose, text) {
  try {
    if (text) localStorage.setItem(notesKey(whose), text);
    else localStorage.removeItem(notesKey(whose));
    return true;
  } catch {
    return false;
  }
}

/** @param {{whose: import("../own-texts.js").Whose}} props */
export function Notes({ whose }) {
  const [text, setText] = useState(() => find(whose));
  const [kept, setKept] = useState(true);
  const change = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLTextAreaElement} */ (event.target);
    setText(value);
    setKept(save(whose, value));
  };
  return h(
    "div",
    { class: "field notes" },
    h("label", { for: "notes" }, texts.title, " ", h("span", { class: "small soft" }, texts.why)),
    h("textarea", { id: "notes", rows: 1, dir: "auto", value: text, placeholder: texts.placeholder, onInput: change }),
    !kept && h("p", { class: "small", role: "alert" }, texts.unkept),
  );
}

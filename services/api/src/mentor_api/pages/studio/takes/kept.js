// A recording that has not been sent yet, offered again.
import { Button, h, Note, useEffect, useState } from "../../shared/ui.js";
import { takes as texts } from "../texts.js";
import * as takes from "./takes.js";

/** @param {{mentor: string, question: string, onUse: (file: File) => void}} props */
export function KeptTake({ mentor, question, onUse }) {
  const [file, setFile] = useState(/** @type {File|null} */ (null));
  useEffect(() => {
    takes.find(mentor, question).then(setFile);
  }, [mentor, question]);
  if (!file) return null;
  return h(
    Note,
    { kind: "info", title: texts.kept, text: texts.keptWhy },
    h(
      "div",
      { class: "row" },
      h(Button, { action: () => onUse(file), class: "small primary" }, texts.use),
      h(Button, { action: () => takes.remove(mentor, question), class: "small" }, texts.remove),
    ),
  );
}

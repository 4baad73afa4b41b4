// What is said beneath the captions: what became of saving them, and of changes that were not saved.
import { Button, h, Note, useEffect, useRef } from "../../shared/ui.js";
import { words as texts } from "../texts.js";

/**
 * @typedef {import("./saving.js").Outcome} Outcome
 * @typedef {{outcome: Outcome|null, editing: import("./editing.js").Editing, saving: import("./saving.js").Saving, onOutcome: (outcome: Outcome|null) => void, onReread: () => void}} Props
 */

/** What is said, brought into sight: *Save* is, wherever the person is in the captions. @param {Props} props */
export function Outcome(props) {
  const place = useRef(/** @type {HTMLDivElement|null} */ (null));
  const { outcome } = props;
  useEffect(() => {
    // A draft is found when the page opens, which stays where it is.
    if (outcome !== "restored" && outcome !== "outdated") place.current?.scrollIntoView({ block: "nearest" });
  }, [outcome]);
  return h("div", { ref: place }, h(OutcomeNote, props));
}

/** @param {Props} props */
function OutcomeNote({ outcome, editing, saving, onOutcome, onReread }) {
  const discard = h(Button, { key: "discard", action: () => onOutcome(saving.discard()) }, texts.discard);
  if (outcome === null) return null;
  if (typeof outcome === "object") {
    const { title, message } = outcome.problem;
    return h(Note, { kind: "bad", title, text: message }, h("p", {}, texts.notLost));
  }
  switch (outcome) {
    case "empty":
      return h(Note, { kind: "bad", title: texts.noWords, text: texts.noWordsWhy });
    case "saved":
      return editing.isChanged.value ? null : h(Note, { kind: "good", title: texts.saved, text: texts.savedWhy });
    case "no-room":
      return h(Note, { kind: "bad", title: texts.noRoom, text: texts.noRoomWhy });
    case "conflict":
      return h(Note, { kind: "bad", title: texts.conflict, text: texts.conflictWhy }, h("div", { class: "row" }, h(Button, { action: onReread }, texts.reread)));
    case "restored":
      return h(Note, { kind: "info", title: texts.restored, text: texts.restoredWhy }, h("div", { class: "row" }, discard));
    case "outdated": {
      const use = () => {
        saving.useDraft();
        onOutcome("restored");
      };
      return h(Note, { kind: "warn", title: texts.outdated, text: texts.outdatedWhy }, h("div", { class: "row" }, h(Button, { key: "use", action: use }, texts.useDraft), discard));
    }
    case "discarded":
      return editing.isChanged.value ? null : h(Note, { kind: "info", title: texts.discarded, text: texts.discardedWhy });
  }
}

// Where the questions are chosen: a column beside the answer, a drawer on phones.
import { Button, h, useEffect, useRef, useState } from "../../shared/ui.js";
import { answeredCount } from "./listing.js";
import { state } from "../store.js";
import { mentors as mentorTexts, questions as texts } from "../texts.js";
import { QuestionList } from "./list.js";

const PHONE = "(max-width: 48rem)";

/** @param {{onMentor: (mentor: string) => void}} props */
export function Navigation({ onMentor }) {
  const phone = useMedia(PHONE);
  if (phone) return h(Drawer, { onMentor });
  return h("nav", { id: "questions-nav", "aria-label": texts.title }, h(MentorChoice, { onMentor }), h(QuestionList, { onChosen: undefined }));
}

/** @param {{onMentor: (mentor: string) => void}} props */
function Drawer({ onMentor }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const answered = texts.answered(answeredCount(state.value), state.value.questions.length);
  return h(
    "nav",
    { id: "questions-nav", "aria-label": texts.title },
    h(MentorChoice, { onMentor }),
    h(
      Button,
      { action: () => setOpen(true), class: "open-drawer", "aria-haspopup": "dialog" },
      h("span", {}, texts.title),
      h("span", { class: "soft small" }, answered),
    ),
    h(
      "dialog",
      { class: "drawer", "aria-label": texts.title, ref: dialog, onClose: () => setOpen(false), onClick: closeOutside },
      open && h(QuestionList, { onChosen: () => dialog.current?.close() }),
      h(Button, { action: () => setOpen(false), class: "small" }, texts.close),
    ),
  );
}

/** A press beside the drawer closes it. @param {MouseEvent} event */
function closeOutside({ target, currentTarget }) {
  if (target === currentTarget) /** @type {HTMLDialogElement} */ (currentTarget).close();
}

/** The mentors to choose from, where there are several. @param {{onMentor: (mentor: string) => void}} props */
function MentorChoice({ onMentor }) {
  const { mentors, mentor } = state.value;
  if (!mentors || mentors.length < 2) return null;
  const choose = (/** @type {Event} */ event) => onMentor(/** @type {HTMLSelectElement} */ (event.target).value);
  return h(
    "div",
    { class: "field" },
    h("label", { for: "mentor" }, mentorTexts.label),
    h(
      "select",
      { id: "mentor", value: mentor?.mentor, onChange: choose },
      mentors.map(({ mentor, name }) => h("option", { key: mentor, value: mentor }, name)),
    ),
  );
}

/** Whether a media query matches, from now on. @param {string} query */
function useMedia(query) {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const look = () => setMatches(list.matches);
    list.addEventListener("change", look);
    return () => list.removeEventListener("change", look);
  }, [query]);
  return matches;
}

// The question before something is done. It stays open until that has begun, and says why it has not.
import { Problem } from "../shared/problem.js";
import { Button, h, Note, useLayoutEffect, useRef, useState } from "../shared/ui.js";
import { refresh } from "./refreshing.js";
import { dispatch, state } from "./store.js";
import { page as texts } from "./texts.js";

const CONFLICT = 409;

export function Ask() {
  const { question } = state.value;
  const box = useRef(/** @type {HTMLDialogElement|null} */ (null));
  useLayoutEffect(() => {
    if (question) box.current?.showModal();
    else box.current?.close();
  }, [question]);
  return h(
    "dialog",
    { id: "ask", class: "stack", "aria-labelledby": "ask-title", ref: box, onClose: close },
    question && h(Question, { key: question.title, question }),
  );
}

/** @param {{question: import("./state.js").Question}} props */
function Question({ question }) {
  const [refused, setRefused] = useState(/** @type {Problem|null} */ (null));
  const no = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => no.current?.focus(), []);
  const act = async () => {
    try {
      await question.act();
      close();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setRefused(error);
      if (error.status === CONFLICT) await refresh();
    }
  };
  const over = refused && !refused.passing;
  return [
    h("h2", { key: "title", id: "ask-title" }, question.title),
    ...question.text.map((text) => h("p", { key: text }, text)),
    refused && h(Note, { key: "refused", kind: "bad", title: refused.title, text: refused.message }),
    h(
      "div",
      { key: "choice", class: "row end" },
      h("button", { type: "button", onClick: close, ref: no }, over ? texts.close : texts.decline),
      !over && h(Button, { class: question.danger ? "danger" : "primary", action: act }, question.verb),
    ),
  ];
}

function close() {
  if (state.peek().question) dispatch({ type: "question", question: null });
}

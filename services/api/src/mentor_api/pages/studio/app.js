// The page: who is signed in, the questions, and the answer that is worked on.
import { Problem } from "../shared/problem.js";
import { Button, computed, effect, Fragment, h, Note, useRef } from "../shared/ui.js";
import { Workspace } from "./answer/workspace.js";
import { mentorIdIn } from "./format.js";
import { open } from "./opening.js";
import { Navigation } from "./questions/navigation.js";
import { SignOut } from "./signing-out.js";
import { questionOf, sendingOf, workOf } from "./standing.js";
import { dispatch, state } from "./store.js";
import * as texts from "./texts.js";
import { news } from "./uploads/outcomes.js";
import { overallPercent } from "./uploads/progress.js";
import { sentPercent } from "./uploads/sending-view.js";
import { Tray } from "./uploads/tray.js";

export function App() {
  const { mentor, mentors, questions } = state.value;
  return h(
    Fragment,
    {},
    h(
      "header",
      { class: "bar" },
      h("img", { src: "shared/icon.svg", alt: "", width: 32, height: 32 }),
      h("h1", { class: "brand" }, texts.TITLE),
      h("span", { id: "who", class: "soft push", dir: "auto" }, mentor?.name),
      mentors && h(SignOut, {}),
    ),
    h(
      "div",
      { class: `studio page ${questions.length ? "" : "alone"}` },
      questions.length > 0 && h(Navigation, { onMentor: (id) => guard(() => open(id)) }),
      h("main", { id: "work", tabindex: -1 }, h(Main, {})),
    ),
    h(Tray, { onMentor: (id) => guard(() => open(id)) }),
  );
}

function Main() {
  const { broken, mentor, mentors, questions, shown } = state.value;
  const first = useRef(/** @type {string|null} */ (null));
  if (broken) return h(Broken, { error: broken });
  if (mentors && !mentor && mentors.length === 0) return h(MentorForm, {});
  if (!mentor) return null;
  if (questions.length === 0) return h(Note, { kind: "info", title: texts.questions.none, text: texts.questions.noneWhy });
  const question = questionOf(state.value, shown);
  if (!question) return null;
  first.current ??= question.question;
  return h(Workspace, { key: `${mentor.mentor}/${question.question}`, question, moved: question.question !== first.current });
}

/** Asks a person without a mentor of their own for the mentor to work on. */
function MentorForm() {
  const field = useRef(/** @type {HTMLInputElement|null} */ (null));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    guard(() => open(mentorIdIn(field.current?.value ?? "")));
  };
  return h(
    "form",
    { class: "card stack", onSubmit: submit },
    h("h2", {}, texts.mentors.whose),
    h("p", { class: "soft" }, texts.mentors.why),
    h(
      "div",
      { class: "field" },
      h("label", { for: "mentor-id" }, texts.mentors.label),
      h("input", { id: "mentor-id", required: true, pattern: ".*[0-9a-fA-F]{24}.*", title: texts.mentors.format, spellcheck: false, ref: field }),
    ),
    h("button", { type: "submit", class: "primary" }, texts.mentors.open),
  );
}

/** @param {{error: any}} props */
function Broken({ error }) {
  const problem = error instanceof Problem ? error : null;
  return h(
    Note,
    { kind: "bad", title: problem?.title ?? texts.PAGE_FAULT, text: problem?.message ?? texts.PAGE_FAULT_ADVICE },
    h("div", { class: "row" }, h(Button, { action: () => location.reload() }, texts.RELOAD)),
  );
}

/** Do what the page cannot do without. @param {() => Promise<void>} action */
export async function guard(action) {
  try {
    await action();
  } catch (error) {
    dispatch({ type: "broken", error });
    if (!(error instanceof Problem)) throw error;
  }
}

/** How far the shown answer is, for the window's title. */
const percent = computed(() => {
  const { shown, uploads } = state.value;
  if (!shown) return null;
  const work = workOf(state.value, shown);
  const sending = sendingOf(state.value, shown);
  if (work.step === "sending" && sending) return Math.floor(sentPercent(sending));
  return work.step === "progress" && uploads[shown] ? overallPercent(uploads[shown].tasks) : null;
});

/** Keep the window's title up to date from now on. */
export function showTitle() {
  effect(() => {
    const first = news.value ?? (percent.value === null ? null : `${percent.value} %`);
    document.title = first ? `${first} – ${texts.TITLE}` : texts.TITLE;
  });
}

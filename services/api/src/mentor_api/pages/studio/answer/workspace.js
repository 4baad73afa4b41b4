// The workspace of one answer: the question, and the view of what is being done with its answer.
import { h, useEffect, useRef } from "../../shared/ui.js";
import { MentorPicture } from "../cutting/mentor-picture.js";
import { Prepare } from "../cutting/prepare.js";
import { NextQuestion } from "../questions/next.js";
import { Record } from "../recording/record.js";
import { CameraStillOn } from "../recording/still-on.js";
import { LostNote } from "../recording/trouble-note.js";
import { sendingOf, workOf } from "../standing.js";
import { dispatch, state, work } from "../store.js";
import { Takes } from "../takes/list.js";
import { AheadNote } from "../uploads/ahead.js";
import { FailedView } from "../uploads/failed.js";
import { ProgressView } from "../uploads/progress.js";
import { giveUp, goOnWith, send } from "../uploads/sending.js";
import { SendingView } from "../uploads/sending-view.js";
import { isSameFile } from "../uploads/unfinished-uploads.js";
import { ReadyView, resultOf } from "../words/ready.js";
import { Choose } from "./choose.js";

/** @typedef {import("../state.js").Question} Question */

/** @param {{question: Question, moved: boolean}} props `moved`: the person came here, so the focus does too */
export function Workspace({ question, moved }) {
  const { step } = workOf(state.value, question.question);
  const article = useRef(/** @type {HTMLElement|null} */ (null));
  const mounted = useRef(false);
  useEffect(() => {
    const came = moved && !mounted.current;
    if (came || (mounted.current && isNear(article.current))) focusNext(article.current);
    mounted.current = true;
  }, [step]);
  return h(
    "article",
    { class: "card stack workspace", "data-step": step, ref: article },
    h(
      "header",
      { class: "stack tight" },
      h("p", { class: "soft small", dir: "auto" }, question.subject),
      h("h2", { tabindex: -1, dir: "auto" }, question.text),
    ),
    h("div", { class: "body", key: step }, h(View, { question })),
  );
}

/** Whether the focus is in the workspace, or was in what is gone from it. @param {HTMLElement|null} article */
const isNear = (article) => document.activeElement === document.body || article?.contains(document.activeElement);

/** Focus what is to be done next, else the question. @param {HTMLElement|null} article */
function focusNext(article) {
  const next = article?.querySelector("[data-next]") ?? article?.querySelector("h2");
  /** @type {HTMLElement|null|undefined} */ (next)?.focus();
}

/** What is shown at a step. @param {{question: Question}} props */
function View({ question }) {
  const id = question.question;
  const now = workOf(state.value, id);
  const upload = state.value.uploads[id];
  const sending = sendingOf(state.value, id);
  const onUse = (/** @type {File} */ file, /** @type {string} */ take) => use(id, file, take);
  switch (now.step) {
    case "choose":
      return h(ChooseVideo, { question });
    case "record":
      return [h(Record, { key: "record", question: id }), h(AheadNote, { key: "ahead", question: id })];
    case "prepare":
      return [
        now.lost && h(LostNote, { key: "lost", kind: now.lost }),
        h(PrepareVideo, { key: "prepare", question, now }),
        h(AheadNote, { key: "ahead", question: id }),
        now.recorded && h(CameraStillOn, { key: "camera", question: id }),
      ];
    case "sending":
      return [
        h(NextQuestion, { key: "next", question: id, record: now.recorded }),
        sending && h(SendingView, { key: "sending", sending }),
        now.recorded && h(CameraStillOn, { key: "camera", question: id }),
      ];
    case "progress":
      return [
        now.recorded !== undefined && h(NextQuestion, { key: "next", question: id, record: now.recorded }),
        upload && h(ProgressView, { key: "progress", upload }),
        now.recorded && h(CameraStillOn, { key: "camera", question: id }),
      ];
    case "failed":
      return [h(FailedView, {
        key: "failed",
        upload,
        onRetry: () => work(id, { step: "progress" }),
        onReplace: () => work(id, { step: "choose" }),
        onSee: question.answer?.web ? () => work(id, { step: "ready", fresh: false }) : undefined,
      }), h(Takes, { key: "takes", question: id, onUse })];
    case "ready": {
      const result = resultOf(upload?.live ? upload : null, question.answer);
      return [
        now.fresh && h(NextQuestion, { key: "next", question: id, record: false }),
        h(ReadyView, {
          key: "ready",
          result,
          about: { user: state.value.user, mentor: state.value.mentor?.mentor ?? "", question: id, title: question.text, idle: question.idle },
          fresh: now.fresh,
          onReplace: () => work(id, { step: "choose" }),
        }),
        result.web && h(MentorPicture, { key: "picture", url: result.web }),
        h(Takes, { key: "takes", question: id, onUse }),
      ];
    }
  }
}

/** @param {{question: Question}} props */
function ChooseVideo({ question }) {
  const id = question.question;
  const interrupted = interruptedOf(id);
  return [
    h(Takes, { key: "takes", question: id, onUse: (file, take) => use(id, file, take) }),
    h(Choose, {
      key: "choose",
      idle: question.idle,
      interrupted,
      maxBytes: state.value.maxBytes,
      onRecord: () => work(id, { step: "record" }),
      onFile: (file) => use(id, file, null),
      onForget: () => interrupted && giveUp(interrupted.id),
      onBack: question.answer?.web ? () => work(id, { step: "ready", fresh: false }) : undefined,
    }),
  ];
}

/** The upload of a file that has to be chosen again. @param {string} question */
function interruptedOf(question) {
  const sending = sendingOf(state.value, question);
  return sending?.phase === "file-needed" ? sending : null;
}

/** A file: go on with it if it is the one that was interrupted. @param {string} question @param {File} file @param {string|null} take its id, where it is one */
function use(question, file, take) {
  const interrupted = interruptedOf(question);
  if (interrupted && isSameFile(interrupted, file)) {
    work(question, null);
    goOnWith(interrupted.id, file);
  } else work(question, { step: "prepare", file, take, recorded: false });
}

/** @param {{question: Question, now: import("../state.js").Preparing}} props */
function PrepareVideo({ question, now }) {
  const id = question.question;
  const { file, take, recorded, range } = now;
  return h(Prepare, {
    file,
    range,
    edited: Boolean(question.answer?.edited),
    pictured: Boolean(state.value.mentor?.thumbnail),
    onRange: (range) => dispatch({ type: "range", question: id, range }),
    onSend: (wishes) => send({ file, take, question: id, wishes, recorded }),
    onBack: () => work(id, { step: "choose" }),
  });
}

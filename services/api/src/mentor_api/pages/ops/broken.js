// What is said when something cannot be read.
import { Problem } from "../shared/problem.js";
import { Button, h, Note, useEffect, useState } from "../shared/ui.js";
import { refresh } from "./refreshing.js";
import { down, leave } from "./session.js";
import { shown } from "./state.js";
import { state } from "./store.js";
import { page as texts } from "./texts.js";

/** What is shown instead of a view that cannot be. @param {{error: any}} props */
export function Broken({ error }) {
  if (!(error instanceof Problem)) return h(Note, { kind: "bad", title: texts.fault, text: texts.faultAdvice });
  if (error.status === 403) {
    return h(Note, { kind: "bad", title: texts.notAllowed, text: error.message }, h(Button, { action: leave }, texts.otherAccount));
  }
  return h(
    Note,
    { kind: "bad", title: error.title, text: error.message },
    error.status === 503 && h(Silent, {}),
    error.passing && h(Button, { action: again }, texts.again),
  );
}

/** Said beside what is shown, while that cannot be brought up to date. */
export function Stale() {
  const { problem } = state.value;
  if (!problem || shown(state.value) === undefined) return null;
  if (!(problem instanceof Problem) || !problem.passing) return h(Broken, { error: problem });
  return h(Note, { kind: "warn", title: texts.stale(problem.title), text: texts.staleWhy(problem.message) });
}

/** The services that do not answer. */
function Silent() {
  const [silent, setSilent] = useState(/** @type {string[]} */ ([]));
  useEffect(() => void down().then(setSilent), []);
  return silent.length > 0 && h("p", {}, texts.silent(silent.map((name) => texts.dependencies[name] ?? name).join("; ")));
}

/** Read it again, or begin again where nobody is signed in yet. */
async function again() {
  if (state.peek().operator) await refresh();
  else location.reload();
}

// Signing out: said once what it stops and what stays, where there is something.
import { Button, Fragment, h, useRef, useState } from "../shared/ui.js";
import * as ownTexts from "./own-texts.js";
import { running, stopRunning } from "./recording/recording.js";
import { signOut } from "./session.js";
import { isBusy } from "./standing.js";
import { dispatch, state } from "./store.js";
import * as takes from "./takes/takes.js";
import { signIn, signOut as texts } from "./texts.js";
import { abandonAll } from "./uploads/ahead.js";
import { giveUpAll } from "./uploads/sending.js";

/** @typedef {{recordings: number, notes: number, changes: number}} Kept how much of each a person leaves in this browser */

const NOTHING = { recordings: 0, notes: 0, changes: 0 };
/** @param {Kept} kept */
const isAnything = (kept) => Object.values(kept).some((count) => count > 0);

/** The button that signs out. */
export function SignOut() {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [kept, setKept] = useState(NOTHING);
  const ask = async () => {
    const busy = isBusy(state.peek());
    const recordings = Math.max(await takes.count(), running.peek() ? 1 : 0); // a first piece may not have come
    const found = { recordings, ...ownTexts.count(state.peek().user) };
    if (!busy && !isAnything(found)) return leave();
    setKept(found);
    dialog.current?.showModal();
  };
  return h(
    Fragment,
    {},
    h(Button, { id: "sign-out", class: "quiet small", action: ask }, signIn.out),
    h(
      "dialog",
      { class: "stack", "aria-labelledby": "sign-out-title", ref: dialog },
      h("h2", { id: "sign-out-title" }, texts.title),
      isBusy(state.value) && h("p", {}, texts.busy),
      isAnything(kept) && h("p", {}, texts.kept(kept)),
      h(
        "div",
        { class: "row" },
        h(Button, { action: leave, class: "primary" }, isAnything(kept) ? texts.keep : texts.anyway),
        isAnything(kept) && h(Button, { action: leaveNothing, class: "danger" }, texts.remove),
        h(Button, { action: () => dialog.current?.close(), class: "quiet" }, texts.stay),
      ),
    ),
  );
}

/** Sign out; what is being recorded is kept as all takes are. */
async function leave() {
  await stopRunning();
  abandonAll();
  signOut();
  dispatch({ type: "signed-out" }); // nothing is asked again when the page goes
  location.reload();
}

async function leaveNothing() {
  await stopRunning();
  giveUpAll();
  await takes.removeAll();
  ownTexts.removeAll(state.peek().user);
  await leave();
}

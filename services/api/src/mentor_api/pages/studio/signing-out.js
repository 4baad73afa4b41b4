// Signing out: said once what it stops and what stays, where there is something.
import { Button, Fragment, h, useRef, useState } from "../shared/ui.js";
import { running, stopRunning } from "./recording/recording.js";
import { signOut } from "./session.js";
import { isBusy } from "./state.js";
import { dispatch, state } from "./store.js";
import * as takes from "./takes/takes.js";
import { signIn, signOut as texts } from "./texts.js";
import { abandonAll } from "./uploads/ahead.js";
import { giveUpAll } from "./uploads/sending.js";

/** The button that signs out. */
export function SignOut() {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [kept, setKept] = useState(0);
  const ask = async () => {
    const busy = isBusy(state.peek());
    const count = Math.max(await takes.count(), running.peek() ? 1 : 0); // a first piece may not have come
    if (!busy && count === 0) return leave();
    setKept(count);
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
      kept > 0 && h("p", {}, texts.kept(kept)),
      h(
        "div",
        { class: "row" },
        h(Button, { action: leave, class: "primary" }, kept > 0 ? texts.keep : texts.anyway),
        kept > 0 && h(Button, { action: leaveNothing, class: "danger" }, texts.remove),
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
  await leave();
}

// The studio: sign in, open a mentor, show the page, and keep it in step with address, camera and uploads.
import { byId } from "../shared/dom.js";
import { h, render } from "../shared/ui.js";
import { App, guard, showTitle } from "./app.js";
import { showAddressed, start } from "./opening.js";
import * as camera from "./recording/camera.js";
import { signIn } from "./session.js";
import { isBusy } from "./standing.js";
import { state } from "./store.js";
import * as takes from "./takes/takes.js";
import { LANGUAGE, questions } from "./texts.js";
import * as ahead from "./uploads/ahead.js";
import * as following from "./uploads/following.js";
import * as outcomes from "./uploads/outcomes.js";
import * as sending from "./uploads/sending.js";
import * as tray from "./uploads/tray.js";

Object.assign(document.documentElement, { lang: LANGUAGE.tag, dir: LANGUAGE.direction });
const page = byId("page");
page.replaceChildren();
render(h(App, {}), page);
showTitle();
camera.followState();
following.followState();
ahead.followState();
sending.followState();
tray.followState();
outcomes.followState();
takes.followState();
addEventListener("hashchange", () => {
  if (state.peek().mentor && location.hash.slice(1) !== state.peek().shown) showAddressed();
});
addEventListener("beforeunload", (event) => {
  if (isBusy(state.peek())) event.preventDefault();
});
byId("skip").textContent = questions.skip;
byId("skip").addEventListener("click", (/** @type {Event} */ event) => {
  event.preventDefault(); // the address names the question
  byId("work").focus();
});
guard(async () => {
  await signIn();
  await start();
});

// The console: sign in, show the page, and keep it up to date.
import { Problem } from "../shared/problem.js";
import { byId } from "../shared/dom.js";
import { h, render } from "../shared/ui.js";
import { resume } from "./actions/following.js";
import { App, showTitle } from "./app.js";
import { start } from "./refreshing.js";
import { get, signIn } from "./session.js";
import { dispatch } from "./store.js";
import * as texts from "./texts.js";
import { VIEWS } from "./views.js";

const page = byId("page");
page.replaceChildren();
render(h(App, {}), page);
showTitle();
byId("skip").textContent = texts.page.skip;
byId("skip").addEventListener("click", (/** @type {Event} */ event) => {
  event.preventDefault(); // the address names the view
  byId("view").focus();
});
try {
  await signIn();
  dispatch({ type: "signed-in", operator: await get("me") });
  await Promise.all([resume(), start(VIEWS)]);
} catch (problem) {
  dispatch({ type: "problem", problem });
  if (!(problem instanceof Problem)) throw problem;
}

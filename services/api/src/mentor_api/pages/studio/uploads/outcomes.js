// What became ready or failed while the page was out of sight: in the window's title and icon, and as a notification
// for those who want one.
import { Button, computed, effect, h, signal } from "../../shared/ui.js";
import { isRunning } from "../standing.js";
import { state } from "../store.js";
import { outcomes as texts, TITLE } from "../texts.js";

/** @typedef {{ready: number, failed: number}} Outcomes */

const NONE = { ready: 0, failed: 0 };
const WANTED = "studio-notifications";

/** Since the page was last seen. @type {import("../../vendor/signals.js").Signal<Outcomes>} */
export const unseen = signal(NONE);
const wanted = signal(localStorage.getItem(WANTED) === "on");

/** In words; null where nothing ended. */
export const news = computed(() => texts.count(unseen.value.ready, unseen.value.failed) || null);

/**
 * How many of the uploads that ran have ended.
 * @param {Record<string, any>} before by question
 * @param {Record<string, any>} after
 * @returns {Outcomes}
 */
export function endedBetween(before, after) {
  const ended = Object.entries(before)
    .filter(([question, upload]) => isRunning(upload) && after[question]?.upload_id === upload.upload_id)
    .map(([question]) => after[question])
    .filter((upload) => !isRunning(upload));
  const count = (/** @type {string} */ name) => ended.filter((upload) => upload.state === name).length;
  return { ready: count("READY"), failed: count("FAILED") };
}

/** Count from now on, and tell. */
export function followState() {
  let before = state.peek().uploads;
  effect(() => {
    const after = state.value.uploads;
    const { ready, failed } = endedBetween(before, after);
    before = after;
    if (!document.hidden || !(ready || failed)) return;
    const { ready: readyBefore, failed: failedBefore } = unseen.peek();
    unseen.value = { ready: readyBefore + ready, failed: failedBefore + failed };
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) unseen.value = NONE;
  });
  effect(() => {
    const icon = unseen.value.failed ? "icon-failed" : unseen.value.ready ? "icon-ready" : "icon";
    document.querySelector("link[rel=icon]")?.setAttribute("href", `shared/${icon}.svg`);
  });
  effect(() => {
    if (news.value) notify(news.value);
  });
}

/** One notification, which the next one replaces. @param {string} text */
function notify(text) {
  if (!wanted.peek() || Notification.permission !== "granted") return;
  try {
    const shown = new Notification(text, { body: TITLE, tag: TITLE, icon: "shared/icon.svg" });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Chrome on Android has them for service workers alone.
  }
}

/** Switches notifications on, which the browser asks for, and off; nothing where it has refused. */
export function NotifyButton() {
  if (!("Notification" in window) || Notification.permission === "denied") return null;
  const on = wanted.value && Notification.permission === "granted";
  const toggle = async () => {
    const want = !on && (await Notification.requestPermission()) === "granted";
    localStorage.setItem(WANTED, want ? "on" : "off");
    wanted.value = want;
  };
  return h(Button, { action: toggle, class: "quiet", "aria-pressed": String(on) }, texts.notify);
}

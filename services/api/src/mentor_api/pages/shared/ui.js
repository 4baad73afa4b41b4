// What components are made with: the library, and the controls that every page has.
import { h } from "../vendor/preact.js";
import { useLayoutEffect, useRef } from "../vendor/preact-hooks.js";

export { Fragment, h, render } from "../vendor/preact.js";
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact-hooks.js";
export { batch, computed, effect, signal, useComputed } from "../vendor/signals.js";

/** @typedef {import("../vendor/preact.js").ComponentChildren} Children */

/**
 * A button whose action does not begin again while it runs.
 * @param {{action: () => any, children?: Children} & Record<string, any>} props `action`, and attributes of the element
 */
export function Button({ action, children, ...attributes }) {
  const running = useRef(false);
  const press = async () => {
    if (running.current) return;
    running.current = true;
    try {
      await action();
    } finally {
      running.current = false;
    }
  };
  return h("button", { type: "button", ...attributes, onClick: press }, children);
}

/**
 * A box with a message; what went wrong is an alert.
 * @param {{kind: "good"|"warn"|"bad"|"info", title: string, text?: string|null, children?: Children}} props
 */
export function Note({ kind, title, text, children }) {
  const role = kind === "bad" ? "alert" : "status";
  return h("div", { class: `note ${kind} stack tight`, role }, h("strong", {}, title), text && h("p", {}, text), children);
}

/** A coloured word. @param {{kind: string, children?: Children}} props */
export const Badge = ({ kind, children }) => h("span", { class: `badge ${kind}` }, children);

/** An element that is made and kept up to date by other means. @param {{element: HTMLElement}} props */
export function Island({ element }) {
  const place = useRef(/** @type {HTMLDivElement|null} */ (null));
  useLayoutEffect(() => place.current?.replaceChildren(element), [element]);
  return h("div", { class: "island", ref: place });
}

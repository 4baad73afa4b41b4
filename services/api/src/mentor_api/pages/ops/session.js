// Signing in, and requests to the server in the name of who is signed in.
import { data } from "../shared/session.js";
import { BASE, SignIn } from "../shared/signin.js";
import { signIn as texts } from "./texts.js";

const who = new SignIn("ops", "console-token", texts);

/** Sign out, and begin again. */
export function leave() {
  who.out();
  location.reload();
}
/** Resolves when somebody is signed in. */
export const signIn = () => who.start();

/**
 * Read from the server; who is signed out meanwhile is asked to sign in and then goes on.
 * @param {string} path
 * @param {Record<string, any>} [query] what is empty is left out
 */
export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return data(who, `ops/api/${path}${text ? `?${text}` : ""}`);
}

/**
 * Act on the server.
 * @param {string} path
 * @param {any} [json]
 */
export const post = (path, json = {}) => data(who, `ops/api/${path}`, { json });

/** The services that the server needs and that do not answer; empty where that cannot be read. */
export async function down() {
  try {
    const response = await fetch(new URL("readyz", BASE));
    return Object.keys((await response.json()).down ?? {});
  } catch {
    return [];
  }
}

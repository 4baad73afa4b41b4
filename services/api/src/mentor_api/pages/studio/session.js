// The session of the person who is signed in, and requests in their name.
import { problemOf, unreachable } from "../shared/problem.js";
import { BASE, SignIn } from "../shared/signin.js";

const who = new SignIn("studio", "studio-token", {
  why: "Record your answers, send them, and watch them become ready.",
  label: "Access key",
  help: "You get it from whoever invited you. It stays in this tab.",
  submit: "Sign in with the key",
  wrong: "This is no access key",
  expired: "It has run out. Ask for a new one.",
  local: "Go in as the example mentor",
});

/** True while somebody is signed in. */
export const signedIn = () => who.token !== null;
export const signOut = () => who.out();
/** @param {string} [why] */
export const signIn = (why) => who.ask(why);

/**
 * Ask the server; who is signed out meanwhile is asked to sign in and then goes on.
 * @param {string} path
 * @param {{method?: string, json?: any, form?: FormData, headers?: Record<string, string>, signal?: AbortSignal, keepalive?: boolean}} [options]
 * @returns {Promise<Response>}
 */
export async function ask(path, options = {}) {
  const response = await send(path, options);
  if (response.status === 401) {
    await signIn("Your time here has run out. Sign in again and everything goes on where it was.");
    return checked(await send(path, options));
  }
  return checked(response);
}

/**
 * Ask for JSON; returns what its `data` holds.
 * @param {string} path
 * @param {Parameters<typeof ask>[1]} [options]
 */
export async function data(path, options = {}) {
  const response = await ask(path, options);
  return (await response.json()).data;
}

/** @param {Response} response */
async function checked(response) {
  if (response.ok || response.status === 304) return response;
  throw await problemOf(response);
}

/** @param {string} path @param {any} options */
async function send(path, { method, json, form, headers = {}, signal, keepalive }) {
  const all = { ...headers, Authorization: `bearer ${who.token}` };
  if (json !== undefined) all["Content-Type"] = "application/json";
  const body = json === undefined ? form : JSON.stringify(json);
  try {
    return await fetch(new URL(path.replace(/^\//, ""), BASE), {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: all,
      body,
      signal,
      keepalive,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  }
}

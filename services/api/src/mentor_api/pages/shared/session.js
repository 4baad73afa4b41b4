// Requests to the server in the name of who is signed in.
import { problemOf, unreachable } from "./problem.js";
import { BASE } from "./signin.js";
import * as texts from "./texts.js";

/** @typedef {import("./signin.js").SignIn} SignIn */

/** An answer that has not begun by then does not come: a device that slept does not hear that its connections ended. Files may be under way for longer. */
const SILENCE_MS = 120_000;

/**
 * @typedef {object} Options
 * @property {string} [method] POST where something is sent, else GET
 * @property {any} [json]
 * @property {FormData} [form]
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 * @property {boolean} [keepalive]
 * @property {boolean} [quiet] nobody is asked to sign in for it
 */

/**
 * Ask the server; whose session ends meanwhile has it renewed, or is asked to sign in, and then goes on.
 * @param {SignIn} who
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Response>}
 */
export async function ask(who, path, options = {}) {
  if (who.endsSoon) await who.renew();
  const sent = who.token;
  let response = await send(who, path, options);
  // Another request may have renewed it meanwhile; a refresh token is good for once.
  if (response.status === 401 && (who.token !== sent || (await who.renew()))) response = await send(who, path, options);
  if (response.status === 401 && !options.quiet) {
    await who.ask(texts.signedOut);
    response = await send(who, path, options);
  }
  if (response.ok || response.status === 304) return response;
  throw await problemOf(response);
}

/**
 * Ask for JSON; returns what its `data` holds.
 * @param {SignIn} who
 * @param {string} path
 * @param {Options} [options]
 */
export async function data(who, path, options = {}) {
  return dataOf(await ask(who, path, options), options.signal);
}

/**
 * What an answer's `data` holds.
 * @param {Response} response
 * @param {AbortSignal} [signal] of its request
 */
export async function dataOf(response, signal) {
  try {
    return (await response.json()).data;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable(); // it broke off, or was not the server's
  }
}

/** @param {SignIn} who @param {string} path @param {Options} options */
async function send(who, path, { method, json, form, headers = {}, signal, keepalive }) {
  /** @type {Record<string, string>} */
  const all = { ...headers, Authorization: `bearer ${who.token}` };
  if (json !== undefined) all["Content-Type"] = "application/json";
  const body = json === undefined ? form : JSON.stringify(json);
  const silence = new AbortController();
  const waiting = form ? undefined : setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    return await fetch(new URL(path.replace(/^\//, ""), BASE), {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: all,
      body,
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
      keepalive,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unreachable();
  } finally {
    clearTimeout(waiting);
  }
}

// The deployment's own login page, spoken to as OAuth 2.0 has it: the browser goes there with a `state` and comes
// back with a token, or with a code that the token endpoint exchanges (RFC 7636, PKCE). Nothing that an address
// says decides where the browser goes: the return URL is the page's own, the login page the server's setting.
import { unreachable } from "./problem.js";

const OUR_FAULT = 500; // and above
const TOO_MANY = 429;

/**
 * The login page, as the server's settings name it.
 * @typedef {object} LoginPage
 * @property {string} url where people sign in; the authorization endpoint of a provider
 * @property {string|null} client_id of this page at a provider; without one the login page gives the token itself
 * @property {string|null} token_url where the provider's codes are exchanged
 * @property {string} scope what a provider is asked for
 * @property {string|null} renewal_url mentor-graphql, which gives whoever has its refresh cookie a new token
 */

/** @typedef {{token: string, refreshToken: string|null}} Given */
/** @typedef {{state: string, verifier: string, hash: string}} Begun what this tab remembers while it is away */

/** Why nobody is signed in. */
export class NotSignedIn extends Error {}

/**
 * Leave for the login page.
 * @param {LoginPage} page
 * @param {string} returnUrl
 * @param {string} storageKey where this tab remembers what it began
 */
export async function leave(page, returnUrl, storageKey) {
  const begun = { state: random(), verifier: random(), hash: location.hash };
  sessionStorage.setItem(storageKey, JSON.stringify(begun));
  const target = new URL(page.url);
  const asked = page.client_id ? await codeRequest(page, begun.verifier) : { response_type: "token" };
  for (const [name, value] of Object.entries({ ...asked, redirect_uri: returnUrl, state: begun.state })) {
    target.searchParams.set(name, value);
  }
  location.assign(target);
}

/**
 * What the login page sent back, once: it is out of the address and forgotten before it is looked at.
 * @param {string} storageKey
 * @returns {{answer: URLSearchParams, begun: Begun}|null} null where this is no return
 * @throws {NotSignedIn} where this tab did not ask for it, or the login page refuses
 */
export function takeReturn(storageKey) {
  const answer = returned();
  if (!answer) return null;
  const begun = /** @type {Begun|null} */ (JSON.parse(sessionStorage.getItem(storageKey) ?? "null"));
  sessionStorage.removeItem(storageKey);
  history.replaceState(null, "", `${location.pathname}${begun?.hash ?? ""}`);
  if (!begun || answer.get("state") !== begun.state) throw new NotSignedIn("not asked for");
  if (answer.has("error")) throw new NotSignedIn("refused");
  return { answer, begun };
}

/**
 * The token that a return is worth.
 * @param {{answer: URLSearchParams, begun: Begun}} back
 * @param {LoginPage|null} page
 * @param {string} returnUrl
 * @returns {Promise<Given>}
 * @throws {NotSignedIn} where it is worth none
 * @throws {import("./problem.js").Problem} where nobody answers
 */
export async function redeem({ answer, begun }, page, returnUrl) {
  const code = answer.get("code");
  if (!code) return { token: answer.get("access_token") ?? "", refreshToken: null };
  if (!page?.client_id) throw new NotSignedIn("a code without a provider");
  const form = { grant_type: "authorization_code", code, redirect_uri: returnUrl, code_verifier: begun.verifier };
  return exchange(page, form);
}

/**
 * A new token for one that ends: by the provider's refresh token, or by mentor-graphql's cookie.
 * @param {LoginPage} page
 * @param {string|null} refreshToken
 * @returns {Promise<Given|null>} null where it cannot be renewed: whoever it is has to sign in
 * @throws {import("./problem.js").Problem} where nobody answers
 */
export async function renew(page, refreshToken) {
  if (refreshToken) {
    const form = { grant_type: "refresh_token", refresh_token: refreshToken };
    return exchange(page, form).catch((error) => {
      if (error instanceof NotSignedIn) return null;
      throw error;
    });
  }
  if (!page.renewal_url) return null;
  const response = await answered(page.renewal_url, {
    method: "POST",
    credentials: "include",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: "{ __typename }" }),
  });
  const token = (await response.json().catch(() => null))?.extensions?.newToken;
  return token ? { token, refreshToken: null } : null;
}

/** An answer that is not about an outage. @param {string} url @param {RequestInit} request @returns {Promise<Response>} */
async function answered(url, request) {
  const response = await fetch(url, request).catch(() => null);
  if (!response || response.status >= OUR_FAULT || response.status === TOO_MANY) throw unreachable();
  return response;
}

/** @param {LoginPage} page @param {Record<string, string>} form @returns {Promise<Given>} */
async function exchange(page, form) {
  const body = new URLSearchParams({ ...form, client_id: page.client_id ?? "" });
  const response = await answered(page.token_url ?? "", { method: "POST", body });
  const given = await response.json().catch(() => null);
  if (!response.ok || !given) throw new NotSignedIn("the code was not taken");
  return { token: given.access_token ?? "", refreshToken: given.refresh_token ?? form.refresh_token ?? null };
}

/** @param {LoginPage} page @param {string} verifier @returns {Promise<Record<string, string>>} */
async function codeRequest(page, verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return {
    response_type: "code",
    response_mode: "fragment", // no server on the way sees it, nor logs it
    client_id: page.client_id ?? "",
    scope: page.scope,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  };
}

/** What the address has of a login page: a code may be in its query too, where providers put it by themselves. */
function returned() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const view = location.hash.startsWith("#/"); // the console's, which may ask for a `code` or an `error`
  if (!view && ["access_token", "code", "error"].some((name) => fragment.has(name))) return fragment;
  const query = new URLSearchParams(location.search);
  return query.has("state") && (query.has("code") || query.has("error")) ? query : null;
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

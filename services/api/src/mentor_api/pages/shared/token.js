// What an access token says of itself; whether it is true the server knows.

/** As far as the api lets a clock be off; the browser's may be wrong as well. */
const LEEWAY_MS = 60_000;

/** Null where it is no token. @param {string|null} given @returns {any} */
export function claims(given) {
  try {
    const middle = (given ?? "").split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(middle));
  } catch {
    return null;
  }
}

/** Whether it is a token whose time is not over. @param {string} given */
export function isCurrent(given) {
  const found = claims(given);
  return Boolean(found) && !(found.exp * 1000 + LEEWAY_MS < Date.now());
}

/** Id of the person whose it is. @param {string|null} given @returns {string|null} */
export function userOf(given) {
  return claims(given)?.id ?? null;
}

/** Whether its time is over within a minute. @param {string|null} given */
export function endsSoon(given) {
  const found = claims(given);
  return Boolean(found) && found.exp * 1000 - LEEWAY_MS < Date.now();
}

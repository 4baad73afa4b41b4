// One part on its way to the store.
import { Problem, unreachable } from "../../shared/problem.js";
import { sending as texts } from "../texts.js";
import { StoreRefusal } from "./retry.js";

/** A connection that moves nothing for so long is dead: a laptop that slept does not hear of it for a quarter of an hour. */
const SILENCE_MS = 120_000;
const GONE = 410;

/**
 * Send a part; returns its ETag.
 * @param {{url: string, signedAt: number}} signed
 * @param {Blob} bytes
 * @param {AbortSignal} signal
 * @param {(sent: number) => void} onSent told how many bytes are out
 * @returns {Promise<string>}
 */
export function put({ url, signedAt }, bytes, signal, onSent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch tells no progress of what it sends
    const abort = () => request.abort();
    let silence = setTimeout(abort, SILENCE_MS);
    request.open("PUT", url);
    request.upload.onprogress = ({ loaded }) => {
      clearTimeout(silence);
      silence = setTimeout(abort, SILENCE_MS);
      onSent(loaded);
    };
    request.onload = () => {
      const etag = request.status === 200 && request.getResponseHeader("ETag");
      if (etag) resolve(etag);
      else reject(refusal(request, Date.now() - signedAt));
    };
    request.onabort = () => reject(unreachable());
    request.onerror = async () => reject((await isReadable(bytes)) ? unreachable() : new Problem(GONE, texts.unreadable));
    request.onloadend = () => {
      clearTimeout(silence);
      signal.removeEventListener("abort", abort);
    };
    signal.addEventListener("abort", abort);
    request.send(bytes);
  });
}

/** @param {XMLHttpRequest} request @param {number} urlAgeMs */
function refusal({ status, responseText }, urlAgeMs) {
  const code = /<Code>(\w+)<\/Code>/.exec(responseText)?.[1] ?? "";
  return new StoreRefusal(status, code, urlAgeMs, texts.storeAnswered(status));
}

/** Whether a file can be read still: one that was moved or changed fails as a broken connection does. @param {Blob} bytes */
const isReadable = (bytes) => bytes.slice(0, 1).arrayBuffer().then(() => true, () => false);

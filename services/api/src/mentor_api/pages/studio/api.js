// The server's public API, as the studio uses it: /openapi.json documents all of it.
import { ask, data } from "./session.js";

const LATEST = 50; // more are refused

/** @param {any} begun */
const named = (begun) => ({ key: begun.key, multipart_id: begun.multipart_id });

/** @param {any} begun */
const query = (begun) => new URLSearchParams(named(begun)).toString();

/**
 * The routes of uploads in parts.
 * @param {() => import("../shared/session.js").Options} options of each request
 * @returns {import("./uploads/multipart.js").MultipartApi}
 */
export const partsWith = (options) => ({
  begin: (size) => data("/upload/multipart", { ...options(), json: { size } }),
  stored: async (begun, signal) => (await data(`/upload/multipart?${query(begun)}`, { ...options(), signal })).parts,
  sign: async (begun, numbers, signal) => {
    const json = { ...named(begun), part_numbers: numbers };
    return (await data("/upload/multipart/sign", { ...options(), json, signal })).parts;
  },
  complete: async (begun, sent, signal) => {
    await data("/upload/multipart/complete", { ...options(), json: { ...named(begun), parts: sent }, signal });
  },
  abort: async (begun) => {
    // Also while the page goes; nobody signs in to throw something away.
    await ask(`/upload/multipart?${query(begun)}`, { method: "DELETE", keepalive: true, quiet: true });
  },
});

/** @returns {Promise<{user: string, mentors: {mentor: string, name: string}[], max_bytes: number}>} */
export const mentors = () => data("/mentors");

/** @param {string} mentor */
export const questions = (mentor) => data(`/questions?mentor=${encodeURIComponent(mentor)}`);

/**
 * The newest upload of each of a mentor's questions; beyond a thousand uploads a page of them, and where the next one begins.
 * @param {string} mentor
 * @param {string|null} [cursor] of the page before
 * @returns {Promise<{uploads: any[], cursor: string|null}>}
 */
export const newestUploads = (mentor, cursor) => data(`/uploads/newest?${new URLSearchParams({ mentor, ...(cursor ? { cursor } : {}) })}`);

/** A mentor's latest uploads. @param {string} mentor @returns {Promise<{uploads: any[]}>} */
export const latestUploads = (mentor) => data(`/uploads?${new URLSearchParams({ mentor, limit: String(LATEST) })}`);

/** Accept a sent video as the upload of an answer. @param {any} request @param {import("../shared/session.js").Options} options @returns {Promise<{upload_id: string}>} */
export const accept = (request, options) => data("/upload/answer", { ...options, json: request });

/** @param {string} id */
export const status = (id) => data(`/upload/status/${id}`);

/** @param {string} id */
export const cancel = (id) => data(`/upload/${id}`, { method: "DELETE" });

/** @param {string} id */
export const retry = (id) => data(`/upload/${id}/retry`, { method: "POST" });

/**
 * @typedef {{transcript: string, edited: boolean, agrees: boolean, vtt_path: string|null, vtt_text: string, version: string}} Transcript what an answer says, and whether its captions say the same; the text is empty where only its file has the captions, or there are none
 */

/** @param {string} mentor @param {string} question @returns {Promise<Transcript>} */
export const transcript = (mentor, question) => data(`/transcript?${new URLSearchParams({ mentor, question })}`);

/** Save captions, and what they say as the transcript. @param {{mentor: string, question: string, version: string, vtt_text: string}} edited @returns {Promise<Transcript>} */
export const saveTranscript = (edited) => data("/transcript", { json: edited });

/** Make captions of the transcript. @param {string} mentor @param {string} question */
export const makeCaptions = (mentor, question) => data("/regen_vtt", { json: { mentor, question } });

/**
 * Save a mentor's picture; returns its address.
 * @param {string} mentor
 * @param {Blob} picture PNG or JPEG
 * @returns {Promise<string>}
 */
export async function savePicture(mentor, picture) {
  const form = new FormData();
  form.append("body", JSON.stringify({ mentor }));
  form.append("thumbnail", picture, "picture.jpg");
  return (await data("/thumbnail", { form })).data.thumbnail;
}

/** A public file. @param {string} url @returns {Promise<Response>} */
export async function file(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status}: ${url}`);
  return response;
}

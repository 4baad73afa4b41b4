// The server's public API, as the studio uses it: /openapi.json documents all of it.
import { ask, data } from "./session.js";

const UPLOADS_AT_ONCE = 50; // more are refused

/** @param {any} begun */
const named = (begun) => ({ key: begun.key, multipart_id: begun.multipart_id });

/** @param {any} begun */
const query = (begun) => new URLSearchParams(named(begun)).toString();

/** @type {import("./uploads/multipart.js").MultipartApi} */
export const parts = {
  begin: (size) => data("/upload/multipart", { json: { size } }),
  stored: async (begun) => (await data(`/upload/multipart?${query(begun)}`)).parts,
  sign: async (begun, numbers) => {
    const json = { ...named(begun), part_numbers: numbers };
    return (await data("/upload/multipart/sign", { json })).parts;
  },
  complete: async (begun, sent) => {
    await data("/upload/multipart/complete", { json: { ...named(begun), parts: sent } });
  },
  abort: async (begun) => {
    await ask(`/upload/multipart?${query(begun)}`, { method: "DELETE" });
  },
};

/** @returns {Promise<{user: string, mentors: {mentor: string, name: string}[], max_bytes: number}>} */
export const mentors = () => data("/mentors");

/** @param {string} mentor */
export const questions = (mentor) => data(`/questions?mentor=${encodeURIComponent(mentor)}`);

/**
 * A page of a mentor's uploads, the latest first, and where the next one begins.
 * @param {string} mentor
 * @param {string|null} [cursor] of the page before
 * @returns {Promise<{uploads: any[], cursor: string|null}>}
 */
export function uploads(mentor, cursor) {
  const query = new URLSearchParams({ mentor, limit: String(UPLOADS_AT_ONCE), ...(cursor ? { cursor } : {}) });
  return data(`/uploads?${query}`);
}

/** Accept a sent video as the upload of an answer. @param {any} request @returns {Promise<{upload_id: string}>} */
export const accept = (request) => data("/upload/answer", { json: request });

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

/** A public file. @param {string} url @returns {Promise<Response>} */
export async function file(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status}: ${url}`);
  return response;
}

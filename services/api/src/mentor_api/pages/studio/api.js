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
 * Save captions; returns where they are and their text.
 * @param {string} mentor
 * @param {string} question
 * @param {string} text
 * @returns {Promise<{vtt_path: string, vtt_text: string}>}
 */
export async function saveCaptions(mentor, question, text) {
  const form = new FormData();
  form.append("mentor", mentor);
  form.append("question", question);
  form.append("vtt_file", new Blob([text], { type: "text/vtt" }), "en.vtt");
  return (await data("/vtt", { form })).data;
}

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

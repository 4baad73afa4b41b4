// Handing in a video that has arrived.
import * as api from "../api.js";

/**
 * Hand a video in; returns the upload's id. Again is the same upload: the video's key is the idempotency key.
 * @param {import("./unfinished-uploads.js").UnfinishedUpload} upload
 * @param {string} video
 * @param {boolean} quiet
 */
export async function accept({ mentor, question, wishes }, video, quiet) {
  const request = {
    mentor,
    question,
    video,
    isVbgVideo: false,
    generateThumbnail: wishes.thumbnail,
    hasEditedTranscript: wishes.keepText,
    ...(wishes.trim ? { trim: wishes.trim } : {}),
  };
  const { upload_id } = await api.accept(request, { quiet });
  return upload_id;
}

// Looking into a video file in the browser: its length, and its frames.
import { frameSeconds, USUAL_FRAME_S } from "./frame-seconds.js";

const TIMEOUT_MS = 8000;
const FRAME_MS = 2500;
const FRAME_HEIGHT = 72;
const MOST_FRAMES = 300;
const BEFORE_END_S = 0.05; // behind the last frame there is none to show

/**
 * @typedef {{url: string, playable: boolean, duration: number, frame: number}} Measured seconds: `duration` is 0 where the browser cannot read the file, `frame` is what one of its frames lasts
 */

/**
 * What a file is like as the browser reads it. Give `url` back with `URL.revokeObjectURL`.
 * @param {Blob} file
 * @returns {Promise<Measured>}
 */
export async function measure(file) {
  const url = URL.createObjectURL(file);
  const video = document.createElement("video");
  video.preload = "auto";
  video.muted = true;
  video.src = url;
  try {
    await event(video, "loadedmetadata", TIMEOUT_MS);
    // Recordings say no length: it is known once the end has been looked for.
    if (!Number.isFinite(video.duration)) {
      video.currentTime = 1e7;
      await event(video, "seeked", TIMEOUT_MS);
    }
    const duration = Number.isFinite(video.duration) ? video.duration : video.currentTime;
    return { url, playable: video.videoWidth > 0 && duration > 0, duration, frame: await frameSeconds(file) };
  } catch {
    return { url, playable: false, duration: 0, frame: USUAL_FRAME_S };
  } finally {
    unload(video);
  }
}

/** Small pictures of a video's frames; each is looked for once. */
export class Frames {
  /** @param {string} url @param {number} duration seconds */
  constructor(url, duration) {
    this.duration = duration;
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.preload = "auto";
    this.video.crossOrigin = "anonymous"; // else the browser does not let its frames out
    this.video.src = url;
    this.loaded = event(this.video, "loadeddata", TIMEOUT_MS);
    this.loaded.catch(() => {}); // told to whoever asks for a frame
    /** @type {Map<number, HTMLCanvasElement>} by seconds */
    this.found = new Map();
    this.turn = Promise.resolve();
  }

  /** The frame at a moment; rejects where the browser is too slow. @param {number} at seconds @returns {Promise<HTMLCanvasElement>} */
  frame(at) {
    const looking = this.turn.then(() => this.found.get(at) ?? this.seek(at));
    this.turn = looking.then(
      () => {},
      () => {},
    );
    return looking;
  }

  /** The nearest of the frames that were looked for. @param {number} at seconds @returns {HTMLCanvasElement|null} */
  nearest(at) {
    const moments = [...this.found.keys()];
    const near = moments.reduce((best, each) => (Math.abs(each - at) < Math.abs(best - at) ? each : best), Infinity);
    return this.found.get(near) ?? null;
  }

  /** @param {number} at */
  async seek(at) {
    const { video } = this;
    await this.loaded;
    const seeked = event(video, "seeked", FRAME_MS);
    video.currentTime = Math.max(0, Math.min(this.duration - BEFORE_END_S, at));
    await seeked;
    const picture = copyOf(video, FRAME_HEIGHT);
    if (this.found.size >= MOST_FRAMES) this.found.clear();
    this.found.set(at, picture);
    return picture;
  }

  close() {
    unload(this.video);
  }
}

/** The frame that a video shows, at most so high. @param {HTMLVideoElement} video @param {number} height */
export function copyOf(video, height) {
  const canvas = document.createElement("canvas");
  canvas.height = Math.min(height, video.videoHeight);
  canvas.width = Math.round((canvas.height * video.videoWidth) / video.videoHeight);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Draw a picture over a place, cut to its shape. @param {CanvasRenderingContext2D} pen @param {HTMLCanvasElement} picture @param {number} left @param {number} width */
export function cover(pen, picture, left, width) {
  const { height } = pen.canvas;
  const scale = Math.max(width / picture.width, height / picture.height);
  const [w, h] = [width / scale, height / scale];
  pen.drawImage(picture, (picture.width - w) / 2, (picture.height - h) / 2, w, h, left, 0, width, height);
}

/** @param {HTMLVideoElement} video */
function unload(video) {
  video.removeAttribute("src");
  video.load();
}

/**
 * @param {EventTarget} target
 * @param {string} name
 * @param {number} timeout milliseconds
 */
function event(target, name, timeout) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name}`)), timeout);
    target.addEventListener(name, resolve, { once: true });
    target.addEventListener("error", () => reject(new Error("unreadable")), { once: true });
    target.addEventListener(name, () => clearTimeout(timer), { once: true });
  });
}

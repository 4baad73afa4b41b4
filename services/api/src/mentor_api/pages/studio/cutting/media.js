// Looking into a video file in the browser: its length, pictures along it, its sound as a curve.

const TIMEOUT_MS = 8000;
const PICTURE_MS = 2500;
const LARGEST_SOUND = 80e6; // decoding holds the whole file in memory
const LONGEST_SOUND_S = 900;
const SOUND_RATE = 8000;

/**
 * @typedef {{url: string, playable: boolean, duration: number}} Measured `duration` is 0 where the browser cannot read the file
 */

/**
 * Duration and size of a file as the browser reads it. Give `url` back with `URL.revokeObjectURL`.
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
    return { url, playable: video.videoWidth > 0 && duration > 0, duration };
  } catch {
    return { url, playable: false, duration: 0 };
  } finally {
    video.removeAttribute("src");
    video.load();
  }
}

/**
 * Draw pictures along a video, side by side. Stops quietly where the browser is too slow.
 * @param {string} url
 * @param {number} duration seconds
 * @param {HTMLCanvasElement} canvas
 * @param {AbortSignal} signal
 */
export async function drawStrip(url, duration, canvas, signal) {
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = url;
  try {
    await event(video, "loadeddata", TIMEOUT_MS);
    const count = Math.max(4, Math.round((canvas.width / canvas.height / 16) * 9));
    const width = canvas.width / count;
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    for (let n = 0; n < count && !signal.aborted; n += 1) {
      const seeked = event(video, "seeked", PICTURE_MS);
      video.currentTime = Math.min(duration - 0.05, (duration * (n + 0.5)) / count);
      await seeked;
      cover(pen, video, n * width, width, canvas.height);
    }
  } catch {
    // The strip is an ornament: the handles work without it.
  } finally {
    video.removeAttribute("src");
    video.load();
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {HTMLVideoElement} video
 * @param {number} left
 * @param {number} width
 * @param {number} height
 */
function cover(pen, video, left, width, height) {
  const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
  const [w, h] = [width / scale, height / scale];
  const [x, y] = [(video.videoWidth - w) / 2, (video.videoHeight - h) / 2];
  pen.drawImage(video, x, y, w, h, left, 0, width, height);
}

/**
 * Loudness of a file along its length, 0 to 1 each; null where it cannot be decoded.
 * @param {Blob} file
 * @param {number} duration seconds
 * @param {number} count of values
 * @returns {Promise<number[]|null>}
 */
export async function loudness(file, duration, count) {
  if (file.size > LARGEST_SOUND || duration > LONGEST_SOUND_S) return null;
  try {
    const context = new OfflineAudioContext(1, SOUND_RATE, SOUND_RATE);
    const sound = await context.decodeAudioData(await file.arrayBuffer());
    return peaks(sound.getChannelData(0), count);
  } catch {
    return null; // no sound, or of a kind that the browser cannot read
  }
}

/**
 * The loudest of each of `count` pieces, as a share of the loudest of all.
 * @param {Float32Array} samples
 * @param {number} count
 */
export function peaks(samples, count) {
  const piece = Math.max(1, Math.floor(samples.length / count));
  const found = Array.from({ length: count }, (_, n) => {
    let most = 0;
    for (let at = n * piece; at < Math.min(samples.length, (n + 1) * piece); at += 1) {
      most = Math.max(most, Math.abs(samples[at]));
    }
    return most;
  });
  const loudest = Math.max(...found, 0.01);
  return found.map((value) => value / loudest);
}

/**
 * Draw a curve of loudness.
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} values 0 to 1
 */
export function drawLoudness(canvas, values) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = getComputedStyle(canvas).color;
  const width = canvas.width / values.length;
  values.forEach((value, n) => {
    const height = Math.max(2, value * (canvas.height - 2));
    pen.fillRect(n * width, (canvas.height - height) / 2, Math.max(1, width - 1), height);
  });
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

// What the browser records, and in which kind.

// H.264 is shown as it was sent; VP8 and VP9 are encoded anew.
const H264 = ["mp4a.40.2", "opus"].flatMap((sound) =>
  ["avc1.64001f", "avc1.42e01f"].map((picture) => `video/mp4;codecs=${picture},${sound}`),
);
// VP9 comes second: Chromium's says that it is transparent, which costs a second pair of renditions.
const OTHERS = ["video/webm;codecs=vp8,opus", "video/webm;codecs=vp9,opus", "video/webm", "video/mp4"];
const VIDEO_BITS_PER_SECOND = 2_500_000;
const AUDIO_BITS_PER_SECOND = 128_000;
/** Bytes of a recorded second. */
export const BYTES_PER_SECOND = (VIDEO_BITS_PER_SECOND + AUDIO_BITS_PER_SECOND) / 8;
const KEY_FRAME_MS = 2000;
const TRIAL_MS = 500;
const TRIAL_PIECE_MS = 100;
const LONGEST_TRIAL_MS = 6000; // for a busy machine
const TRIAL_GRACE_MS = 2500;
/** ID of the element of WebM that holds media. */
const WEBM_CLUSTER = "\x1f\x43\xb6\x75";
/** Name of a recording's file, before its kind. */
export const RECORDED = "recording";

/** A recorder of a stream. @param {MediaStream} stream @param {string|undefined} kind MIME type */
export function recorderOf(stream, kind) {
  /** @type {MediaRecorderOptions & {videoKeyFrameIntervalDuration: number}} */
  const options = {
    mimeType: kind,
    videoBitsPerSecond: VIDEO_BITS_PER_SECOND,
    audioBitsPerSecond: AUDIO_BITS_PER_SECOND,
    // Not every recorder has it; the others pass over it.
    videoKeyFrameIntervalDuration: KEY_FRAME_MS,
  };
  return new MediaRecorder(stream, options);
}

/**
 * The kind to record: H.264 in MP4 where the browser both says that it can and does. Undefined for the browser's own
 * choice, null where nothing comes of that either.
 * @param {MediaStream} stream
 * @returns {Promise<string|undefined|null>}
 */
export async function recordedKind(stream) {
  const kind = H264.find((type) => MediaRecorder.isTypeSupported(type));
  if (kind && isH264Mp4(await trial(stream, kind, TRIAL_MS))) return kind;
  const other = OTHERS.find((type) => MediaRecorder.isTypeSupported(type));
  return (await trial(stream, other)).length > 0 ? other : null;
}

/**
 * What comes out of a moment of the camera, nothing where recording fails: some systems say that they can and cannot.
 * @param {MediaStream} stream
 * @param {string|undefined} kind
 * @param {number} [ms] how long; else until something comes
 */
async function trial(stream, kind, ms) {
  /** @type {Blob[]} */
  const pieces = [];
  try {
    const recorder = recorderOf(stream, kind);
    const stop = () => recorder.state === "recording" && recorder.stop();
    recorder.ondataavailable = ({ data }) => {
      if (data.size === 0) return;
      pieces.push(data);
      if (ms === undefined) stop();
    };
    const longest = ms ?? LONGEST_TRIAL_MS;
    const ended = new Promise((resolve, reject) => {
      recorder.onstop = resolve;
      recorder.onerror = reject;
      setTimeout(reject, longest + TRIAL_GRACE_MS);
    });
    recorder.start(ms === undefined ? TRIAL_PIECE_MS : undefined);
    setTimeout(stop, longest);
    await ended;
    return new Uint8Array(await new Blob(pieces).arrayBuffer());
  } catch {
    return new Uint8Array();
  }
}

/**
 * Whether bytes begin as an MP4 does and have a picture in H.264 with its parameter sets, and media.
 * @param {Uint8Array} bytes
 */
export function isH264Mp4(bytes) {
  const text = new TextDecoder("latin1").decode(bytes);
  // ISO/IEC 14496-15: the profile stands in `avcC`, after the version, and is not 0.
  const configured = text.indexOf("avcC");
  const media = text.indexOf("mdat");
  return text.slice(4, 8) === "ftyp" && configured > 0 && bytes[configured + 4] === 1
    && bytes[configured + 5] > 0 && media > 0 && media + 4 < bytes.length;
}

/**
 * Whether the beginning of a file, MP4 or WebM, has media in it: a crash may have left less.
 * @param {Uint8Array} bytes
 */
export function hasMedia(bytes) {
  const text = new TextDecoder("latin1").decode(bytes);
  const media = text.slice(4, 8) === "ftyp" ? text.indexOf("mdat") : text.indexOf(WEBM_CLUSTER);
  return media > 0 && media + 4 < bytes.length;
}

/** The file of what was recorded, the same each time. @param {Blob[]} pieces @param {string} kind @param {number} at when it began */
export function fileOf(pieces, kind, at) {
  const type = kind.split(";")[0];
  const name = `${RECORDED}.${type.endsWith("mp4") ? "mp4" : "webm"}`;
  return new File(pieces, name, { type, lastModified: at });
}

// Recording with the camera.
import { announce, button, el, note } from "../shared/dom.js";
import { cameraTrouble, clock } from "./format.js";

// H.264 is shown as it was sent; VP8 and VP9 are encoded anew.
const H264 = ["mp4a.40.2", "opus"].flatMap((sound) =>
  ["avc1.64001f", "avc1.42e01f"].map((picture) => `video/mp4;codecs=${picture},${sound}`),
);
// VP9 comes second: Chromium's says that it is transparent, which costs a second pair of renditions.
const OTHERS = ["video/webm;codecs=vp8,opus", "video/webm;codecs=vp9,opus", "video/webm", "video/mp4"];
const VIDEO_BITS_PER_SECOND = 2_500_000;
const AUDIO_BITS_PER_SECOND = 128_000;
const KEY_FRAME_MS = 2000;
const TRIAL_MS = 500;
const TRIAL_TIMEOUT_MS = 3000;
const COUNTDOWN = 3;
/** Name of a recording's file, before its kind. */
export const RECORDED = "recording";
const WANTED = {
  audio: { echoCancellation: true, noiseSuppression: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" },
};

/**
 * The view that records.
 * @param {{onDone: (file: File) => void, onBack: () => void}} then
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function recordView({ onDone, onBack }) {
  const recording = new Recording(onDone, onBack);
  recording.open();
  return { element: recording.element, close: () => recording.close() };
}

/** Camera, countdown, recording, one after the other. */
class Recording {
  /** @param {(file: File) => void} onDone @param {() => void} onBack */
  constructor(onDone, onBack) {
    this.onDone = onDone;
    this.closed = false;
    /** @type {MediaStream|null} */
    this.stream = null;
    /** @type {MediaRecorder|null} */
    this.recorder = null;
    this.picture = el("video", { class: "mirror", muted: true, playsinline: true });
    this.picture.muted = true;
    this.time = el("span", { class: "time", hidden: true });
    this.count = el("span", { class: "countdown", "aria-hidden": "true", hidden: true });
    this.level = el("meter", { min: 0, max: 1, value: 0, "aria-label": "How loud you are" });
    this.message = el("div");
    /** @type {string|undefined} */
    this.kind = undefined;
    this.start = button("Start recording", () => this.countDown(), { class: "record primary" });
    this.stop = button("Stop", () => this.recorder?.stop(), { class: "primary", hidden: true });
    this.start.disabled = true;
    this.element = el(
      "div",
      { class: "stack" },
      el("div", { class: "screen" }, this.picture, this.count, this.time),
      el("div", { class: "row" }, el("span", { class: "small soft" }, "Sound"), this.level),
      this.message,
      el("div", { class: "row" }, this.start, this.stop, button("Back", () => this.leave(onBack), { class: "quiet" })),
    );
  }

  async open() {
    if (!navigator.mediaDevices || !window.MediaRecorder) {
      return this.showError("This browser cannot record. Choose a video file instead.");
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia(WANTED);
      if (this.closed) return stop(stream);
      this.stream = stream;
      this.picture.srcObject = stream;
      await this.picture.play();
      this.listen(stream);
      this.kind = await recordedKind(stream);
      if (this.closed) return;
      this.start.disabled = false;
      this.start.focus();
    } catch (error) {
      if (!this.closed) this.showError(cameraTrouble(error));
    }
  }

  /** @param {string} text */
  showError(text) {
    this.message.replaceChildren(note("bad", "No camera", text));
  }

  async countDown() {
    this.start.hidden = true;
    this.count.hidden = false;
    for (let left = COUNTDOWN; left > 0 && !this.closed; left -= 1) {
      this.count.textContent = String(left);
      announce(String(left));
      await new Promise((resolve) => setTimeout(resolve, 800));
    }
    this.count.hidden = true;
    if (!this.closed && this.stream) this.record(this.stream);
  }

  /** @param {MediaStream} stream */
  record(stream) {
    const recorder = recorderOf(stream, this.kind);
    /** @type {Blob[]} */
    const pieces = [];
    const began = performance.now();
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => {
      clearInterval(ticking);
      this.close();
      this.onDone(fileOf(pieces, recorder.mimeType));
    };
    recorder.start(1000);
    this.recorder = recorder;
    this.stop.hidden = false;
    this.time.hidden = false;
    this.stop.focus();
    announce("Recording");
    const tick = () => {
      this.time.textContent = clock((performance.now() - began) / 1000);
    };
    tick();
    const ticking = setInterval(tick, 100);
  }

  /** @param {MediaStream} stream */
  listen(stream) {
    if (stream.getAudioTracks().length === 0) return;
    this.sound = new AudioContext();
    const analyser = this.sound.createAnalyser();
    analyser.fftSize = 512;
    this.sound.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = () => {
      if (this.closed) return;
      analyser.getFloatTimeDomainData(samples);
      const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      this.level.value = Math.max(loudest, this.level.value * 0.85);
      setTimeout(look, 60);
    };
    look();
  }

  /** @param {() => void} onBack */
  leave(onBack) {
    if (this.recorder) this.recorder.onstop = null;
    this.close();
    onBack();
  }

  /** Give the camera back; a recording under way ends and is kept. */
  close() {
    if (this.closed) return;
    this.closed = true;
    if (this.recorder?.state === "recording") this.recorder.stop();
    if (this.stream) stop(this.stream);
    this.sound?.close();
  }
}

/** @param {MediaStream} stream @param {string|undefined} kind */
function recorderOf(stream, kind) {
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
 * The kind to record: H.264 in MP4 where the browser both says that it can and does.
 * @param {MediaStream} stream
 */
async function recordedKind(stream) {
  const kind = H264.find((type) => MediaRecorder.isTypeSupported(type));
  if (kind && (await records(stream, kind))) return kind;
  return OTHERS.find((type) => MediaRecorder.isTypeSupported(type));
}

/**
 * Whether a moment of the camera comes out as an MP4 with H.264: some systems say so and fail.
 * @param {MediaStream} stream @param {string} kind
 */
async function records(stream, kind) {
  try {
    const recorder = recorderOf(stream, kind);
    /** @type {Blob[]} */
    const pieces = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    const ended = new Promise((resolve, reject) => {
      recorder.onstop = resolve;
      recorder.onerror = reject;
      setTimeout(reject, TRIAL_TIMEOUT_MS);
    });
    recorder.start();
    setTimeout(() => recorder.state === "recording" && recorder.stop(), TRIAL_MS);
    await ended;
    return isH264Mp4(new Uint8Array(await new Blob(pieces).arrayBuffer()));
  } catch {
    return false;
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

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** @param {Blob[]} pieces @param {string} kind */
function fileOf(pieces, kind) {
  const type = kind.split(";")[0];
  const name = `${RECORDED}.${type.endsWith("mp4") ? "mp4" : "webm"}`;
  return new File(pieces, name, { type, lastModified: Date.now() });
}

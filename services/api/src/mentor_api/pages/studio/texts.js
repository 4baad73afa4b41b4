// All texts of the studio. A translation replaces this module.

/** What they are written in. */
export const LANGUAGE = { tag: "en", direction: "ltr" };

/** @param {number} n @param {string} one @param {string} [many] */
const counted = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** @param {string[]} things */
const listed = (things) => new Intl.ListFormat(LANGUAGE.tag).format(things);

/** A name in the middle of a sentence, whatever direction its letters have. @param {string} name */
const isolated = (name) => `\u2068${name}\u2069`;

export const TITLE = "Upload studio";
export const RELOAD = "Reload";
export const PAGE_FAULT = "This page has a fault";
export const PAGE_FAULT_ADVICE = "Reload it. If that does not help, tell whoever runs this service.";

export const signIn = {
  why: "Record your answers, send them, and watch them become ready.",
  label: "Access key",
  help: "You get it from whoever invited you. It stays in this tab.",
  submit: "Sign in with the key",
  wrong: "This is not an access key",
  expired: "It has expired. Ask for a new one.",
  local: "Sign in as the example mentor",
  out: "Sign out",
};

export const mentors = {
  label: "Mentor",
  whose: "Whose answers?",
  why: "Your account has no mentor of its own. If you look after mentors, paste the address of a mentor's page, or enter their ID.",
  format: "The ID has 24 letters and digits; it is the last part of the address of the mentor's page.",
  open: "Open",
};

export const questions = {
  title: "Questions",
  skip: "Skip to the answer",
  search: "Search questions",
  filters: "Show",
  /** @type {Record<import("./state.js").Filter, string>} */
  filter: { all: "All", open: "Open", failed: "Failed", "not-sent": "Not sent" },
  /** @param {number} answered @param {number} all */
  answered: (answered, all) => `${answered} of ${all} answered`,
  none: "No questions yet",
  noneWhy: "This mentor has no questions to answer.",
  noMatch: "No question matches.",
  showAll: "Show all",
  noSubject: "No subject",
  close: "Close",
  next: "Next question",
  lastSent: "That was the last open question.",
  /** @type {Record<"open"|"answered"|"not-sent"|"sending", [string, string]>} colour and word */
  badges: {
    open: ["", "Open"],
    answered: ["good", "Answered"],
    "not-sent": ["warn", "Not sent"],
    sending: ["accent", "Sending"],
  },
};

export const choose = {
  idle: "Say nothing in this one",
  idleWhy: "Look at the camera and listen, as if somebody were talking to you.",
  camera: "With your camera",
  cameraWhy: "Record right here. You can watch it before you send it.",
  useCamera: "Use the camera",
  file: "From a file",
  /** @param {string} size */
  fileWhy: (size) => `Drop a video here, or choose one from this device, of at most ${size}.`,
  chooseFile: "Choose a file",
  back: "Back to the answer",
  empty: "This file is empty",
  emptyWhy: "Choose another.",
  notVideo: "This is not a video",
  notVideoWhy: "Choose a video file, such as MP4, MOV or WebM.",
  tooLarge: "This file is too large",
  /** @param {string} size @param {string} most */
  tooLargeWhy: (size, most) => `It is ${size}; at most ${most} can be sent. Shorten it, or save it at a smaller size.`,
  interrupted: "An upload was interrupted",
  /** @param {string} name @param {string} size */
  interruptedWhy: (name, size) => `Choose the same file again to continue where it stopped: ${isolated(name)}, ${size}.`,
  forget: "Forget about it",
};

export const takes = {
  title: "Your recordings",
  why: "They stay in this browser, for you alone, until you send or delete them.",
  /** @param {string} when */
  name: (when) => `Recording of ${when}`,
  sent: "Sent",
  setAside: "Not chosen",
  use: "Continue with it",
  /** @param {string} name */
  useOf: (name) => `Continue with it: ${name}`,
  play: "Play",
  close: "Close",
  /** @param {string} name */
  playOf: (name) => `Play: ${name}`,
  remove: "Delete",
  /** @param {string} name */
  removeOf: (name) => `Delete: ${name}`,
  /** @param {string} when */
  deleted: (when) => `The recording of ${when} was deleted.`,
  undo: "Undo",
  /** @param {string} name */
  undoOf: (name) => `Undo: ${name}`,
};

export const room = {
  title: "Little room left",
  /** @param {number} minutes */
  short: (minutes) =>
    `This browser has room for about ${counted(minutes, "minute")} of recording. Send or delete recordings, or free space on this device.`,
  unkept: "This recording is in this tab only",
  unkeptWhy: "The browser could not keep it. Stop soon, and send it before you close or reload this page.",
};

export const signOut = {
  title: "Sign out?",
  busy: "Recording and sending stop now. Sending continues when you sign in again.",
  /** @param {import("./signing-out.js").Kept} kept */
  kept: ({ recordings, notes, changes }) => {
    const kept = [
      recordings && counted(recordings, "recording"),
      notes && `notes on ${counted(notes, "question")}`,
      changes && `unsaved changes to the words of ${counted(changes, "answer")}`,
    ].filter((each) => typeof each === "string");
    return `This browser keeps ${listed(kept)}. You will find all of it here when you sign in again; nobody else can see it.`;
  },
  keep: "Keep and sign out",
  remove: "Delete and sign out",
  anyway: "Sign out now",
  stay: "Stay here",
};

export const record = {
  start: "Start recording",
  skip: "Start at once",
  stop: "Stop",
  pause: "Pause",
  resume: "Resume",
  back: "Back",
  waiting: "Starting the camera. If the browser asks, allow camera and microphone.",
  recording: "Recording",
  paused: "Paused",
  stillOn: "Your camera is on for the next question.",
  turnOff: "Turn the camera off",
  self: "You, as the camera sees you",
  keys: { record: "to start and stop", pause: "to pause and resume" },
};

export const devices = {
  /** @type {Record<import("./recording/devices.js").Kind, string>} */
  names: { camera: "Camera", microphone: "Microphone" },
  unknown: "Not available yet",
  /** A device that has no name. @param {string} kind @param {number} n */
  unnamed: (kind, n) => `${kind === "camera" ? "Camera" : "Microphone"} ${n}`,
  /** @param {string} label */
  missing: (label) => `“${isolated(label)}” is not connected. It is used again as soon as it is.`,
  tryAgain: "Try again",
  /** @type {Record<import("./recording/trouble.js").Trouble, {title: string, text: string}>} */
  trouble: {
    cannot: { title: "This browser cannot record", text: "Choose a video file instead, or use another browser." },
    refused: { title: "Camera blocked", text: "The browser may not use your camera and microphone for this page." },
    refusedBySystem: {
      title: "Camera blocked by this device",
      text: "Your system does not let the browser use the camera or the microphone. Allow both in the system’s settings, under Privacy, and try again.",
    },
    noCamera: { title: "No camera found", text: "Connect a camera: it starts by itself. Or choose a video file." },
    noMicrophone: {
      title: "No microphone found",
      text: "An answer without sound helps nobody, so recording needs a microphone. Connect one: it starts by itself. Or choose a video file.",
    },
    inUse: {
      title: "Camera or microphone in use",
      text: "Another program uses your camera or microphone, a video call perhaps. Close it and try again, or choose another device below.",
    },
    other: { title: "The camera did not start", text: "Try again, or choose a video file." },
  },
  /** How to allow camera and microphone, in each browser's own words. @type {Record<import("./recording/trouble.js").Browser, string>} */
  howToAllow: {
    chrome: "Click the icon to the left of the address, turn on Camera and Microphone, and try again.",
    edge: "Click the icon to the left of the address, then “Permissions for this site”. Set Camera and Microphone to “Allow”, and try again.",
    firefox: "Click the crossed-out camera or microphone to the left of the address, then the × beside each “Blocked”, and try again.",
    safari: "In the menu bar choose Safari, then “Settings for” this website. Set Camera and Microphone to “Allow”, and try again.",
    ios: "In Safari, tap the icon to the left of the address, then “Website Settings”, which may be under the three dots. Set Camera and Microphone to “Allow”, and try again. In another browser, allow both for it in the Settings app.",
    android: "Tap the icon to the left of the address; Chrome then has “Permissions”. Allow Camera and Microphone, and try again. If they are not there, allow both for the browser in the Settings app, under Apps.",
    other: "Allow camera and microphone for this page in the browser’s settings, and try again.",
  },
  /** @type {Record<import("./recording/devices.js").Kind, string>} */
  lost: { camera: "The camera was disconnected", microphone: "The microphone was disconnected" },
  lostWhy: "The recording ended there. What you said until then is kept; watch it, and send it or record again.",
};

export const loudness = {
  sound: "Sound",
  /** @type {Record<import("./recording/loudness.js").Verdict, string>} */
  verdicts: {
    good: "",
    silent: "Your microphone is silent. Is it muted?",
    quiet: "We can hardly hear you. Come closer, or speak up.",
    loud: "It is too loud. Move back a little.",
  },
};

export const notes = {
  title: "Notes",
  why: "for you alone, in this browser",
  placeholder: "What you want to say",
  unkept: "This browser could not keep your notes: they are gone when you leave this question.",
};

export const prepare = {
  looking: "Looking at your video…",
  preview: "Your video",
  send: "Send this video",
  another: "Take another",
  picture: "Choose my picture for me from this video",
  keepText: "Keep the text I corrected (only if you say the same words)",
  tooShort: "Too short",
  tooShortWhy: "A video must last at least one second. Record again.",
  cannotShow: "Your browser cannot show this video",
  cannotShowWhy:
    "That does not mean it is broken: phones make kinds of video that some browsers cannot play. You can send it as it is, as a whole; we tell you at once if we cannot use it.",
};

export const trim = {
  /** @type {Record<import("./cutting/range.js").Edge, string>} */
  edges: { start: "Beginning", end: "End" },
  /** @type {Record<import("./cutting/range.js").Edge, (time: string) => string>} */
  at: { start: (time) => `starts at ${time}`, end: (time) => `ends at ${time}` },
  hint: "Drag the handles; pull down while you drag for finer steps.",
  keys: "On a keyboard, arrows move a handle by 0.1 seconds, with Shift by 1 second; comma and period by one frame; plus and minus zoom.",
  play: "Play this part",
  whole: "Whole video",
  undo: "Undo",
  redo: "Redo",
  /** @param {string} length */
  all: (length) => `The whole video, ${length}`,
  /** @param {string} start @param {string} end @param {string} length @param {string} all */
  part: (start, end, length, all) => `From ${start} to ${end}: ${length} of ${all}`,
  zoom: "Zoom",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  along: "Move along the video",
  /** @param {string} from @param {string} to */
  shows: (from, to) => `${from} to ${to}`,
  tenthEarlier: "−0.1",
  tenthLater: "+0.1",
  frameEarlier: "‹",
  frameLater: "›",
  byTenthEarlier: "−0.1 seconds",
  byTenthLater: "+0.1 seconds",
  byFrameEarlier: "one frame earlier",
  byFrameLater: "one frame later",
  /** @type {Record<import("./cutting/range.js").Edge, string>} */
  here: { start: "Start here", end: "End here" },
  around: "Play around it",
  /** @param {string} edge @param {string} step */
  step: (edge, step) => `${edge}: ${step}`,
  /** @param {string} edge */
  typed: (edge) => `${edge}, minutes and seconds`,
  unreadable: "Enter a time such as 1:02.5, or seconds such as 62.5.",
  /** @param {string} least @param {string} most */
  outside: (least, most) => `Enter a time from ${least} to ${most}. At least one second of the video must remain.`,
  /** @type {Record<"listening"|"unreadable", string>} */
  sound: {
    listening: "Listening for silence at the ends…",
    unreadable: "The sound of this video cannot be shown here.",
  },
  /** Lengths of silence, 0 where there is none. @param {string|0} start @param {string|0} end */
  silence: (start, end) => {
    const both = start && end ? `${start} at the beginning and ${end} at the end` : start ? `${start} at the beginning` : `${end} at the end`;
    return `Silence: ${both}.`;
  },
  silenceNone: "No silence to cut at the ends.",
  cutSilence: "Cut the silence",
};

export const mentorPicture = {
  title: "Your picture",
  why: "It represents you wherever people choose a mentor, not just next to this answer.",
  alt: "Your picture as it is now",
  fromFrames: "Choose a frame of this video",
  frames: "Frames of this video",
  /** @param {string} time */
  frameAt: (time) => `Frame at ${time}`,
  moment: "Moment of the video",
  use: "Use this frame",
  cancel: "Cancel",
  saving: "Saving your picture…",
  saved: "This is your picture now.",
  undo: "Put the former picture back",
  undone: "Your picture is as it was before.",
  unreadable: "This browser cannot take a picture from this video",
  unreadableWhy: "Try another browser, or let the picture be made from the video you send.",
};

export const sending = {
  /** @type {Record<import("./state.js").Phase, string>} */
  phase: {
    queued: "Waiting for its turn…",
    sending: "Sending your video…",
    paused: "Paused.",
    waiting: "The connection is broken. Sending continues by itself when it is back…",
    elsewhere: "Another tab of this browser is sending it.",
    arrived: "All of it has arrived. One moment…",
    failed: "Not sent yet.",
    "file-needed": "Choose the same file to continue.",
  },
  busy: "The service is busy. Sending continues by itself…",
  signedOut: "Your session has expired. Sign in again, and sending continues.",
  useless: "We cannot use this video.",
  sent: "Sent",
  /** @param {string} sent @param {string} all */
  of: (sent, all) => `${sent} of ${all}`,
  /** @param {number} status */
  storeAnswered: (status) => `The store refused it (${status}). Try again; if that does not help, tell whoever runs this service.`,
  unreadable: "The file cannot be read any more: it was moved, changed or deleted. Choose it again.",
  pause: "Pause",
  resume: "Resume",
  stop: "Stop sending",
  another: "Take another video",
  now: "Try now",
  retry: "Try again",
  secondsLeft: "a few seconds left",
  /** @param {number} seconds */
  aboutSeconds: (seconds) => `about ${seconds} seconds left`,
  /** @param {number} minutes */
  aboutMinutes: (minutes) => `about ${counted(minutes, "minute")} left`,
};

/** What is sent before it is wanted. */
export const ahead = {
  recording: "Uploading while you record. Nothing is published until you press “Send this video”.",
  recorded: "Uploading in the background. Nothing is published until you press “Send this video”.",
};

/** All that is on its way. */
export const tray = {
  title: "Uploads",
  /** In the order in which they are named. @type {Record<"sending"|"waiting"|"stuck"|"paused"|"queued"|"elsewhere", (n: number) => string>} */
  count: {
    sending: (n) => `${n} uploading`,
    waiting: (n) => `${n} waiting for the connection`,
    stuck: (n) => `${n} not sent`,
    paused: (n) => `${n} paused`,
    queued: (n) => `${n} in line`,
    elsewhere: (n) => `${n} in another tab`,
  },
  /** @param {string} question */
  pauseOf: (question) => `Pause: ${question}`,
  /** @param {string} question */
  resumeOf: (question) => `Resume: ${question}`,
  /** @param {string} question */
  retryOf: (question) => `Try again: ${question}`,
};

export const progress = {
  lead: "We have your video. You may close this page; it continues without you.",
  stop: "Stop this upload",
  stopping: "Stopping. This takes a few seconds…",
  /** @type {Record<string, string>} */
  tasks: {
    "transcoding-web": "Video for computers",
    "transcoding-mobile": "Video for phones",
    transcribing: "Words and captions",
    "trim-upload": "Cutting to your part",
  },
  /** Colour and word. @type {Record<string, [string, string]>} */
  states: {
    PREPARING: ["accent", "Received"],
    QUEUED: ["accent", "Waiting"],
    IN_PROGRESS: ["accent", "In progress"],
    READY: ["good", "Ready"],
    DONE: ["good", "Done"],
    FAILED: ["bad", "Failed"],
    CANCELLING: ["warn", "Stopping"],
    CANCELLED: ["warn", "Stopped"],
    SUPERSEDED: ["", "Replaced"],
    ABORTED: ["warn", "Not accepted"],
  },
};

/** A rounded time. @param {number} n minutes @param {string} [word] before it */
const rough = (n, word = "about") => (n < 1 ? "less than a minute" : `${word} ${n > 90 ? counted(n / 60, "hour") : counted(n, "minute")}`);

/** Why no machine works. @type {Record<string, string>} */
const halts = {
  absent: "none is running right now",
  outage: "all are waiting for another service",
  failing: "most videos are failing, so only one is tried at a time",
};

/** What a free machine is needed for. @type {Record<string, string>} */
const needs = {
  begin: "Waiting for a free machine",
  continue: "Waiting for a free machine to continue",
  retry: "Waiting for a free machine to try again",
};

/** Where in line. @param {any} values */
function inLine({ ahead, is_lower_bound, minutes, halted }) {
  const others = counted(ahead, "upload");
  if (is_lower_bound) {
    const least = minutes === null ? "" : `, ${rough(minutes, "at least")}`;
    return `more than ${others} ahead${least}`;
  }
  const place = ahead ? `${ahead < 100 ? "" : "about "}${others} ahead` : "yours is next";
  if (halted) return `${place}; ${halts[halted]}`;
  return minutes === null ? place : `${place}, ${rough(minutes)}`;
}

/**
 * Why something failed or waits, by the server's codes. The server says so as well, in English: for codes that are missing here.
 * @type {Record<string, (values: any) => string>}
 */
export const reasons = {
  no_video: () => "There is no picture in this file. Record or choose a video.",
  not_a_video: ({ type, is_video }) => {
    if (is_video) return "This file cannot be read; it may be damaged or incomplete. Record again, or export the video as MP4.";
    const what = type ? `This is a file of the type ${type}.` : "This is not a video that we know.";
    return `${what} Choose an MP4, MOV, 3GP, WebM or MKV video.`;
  },
  too_demanding: () => "This video takes far more work than it should for its length; the file may be damaged. Record again, or export it as an ordinary MP4.",
  codec_refused: ({ kind }) => `This video uses the format ${kind}, which we do not accept. Record again, or export it as an MP4 with H.264 and AAC.`,
  dolby_vision: ({ profile }) =>
    `This video is in Dolby Vision profile ${profile}, whose colors cannot be converted. Turn off HDR video in the camera's settings and record again, or export the video as an ordinary (SDR) MP4.`,
  too_long: ({ minutes, most }) => `This video lasts ${counted(minutes, "minute")}; at most ${counted(most, "minute")} are allowed. Send a shorter one.`,
  too_short: ({ seconds, least }) => `This video lasts ${counted(seconds, "second")}; at least ${counted(least, "second")} are needed. Record a longer one.`,
  too_large: ({ megabytes, most }) =>
    megabytes
      ? `This file has ${megabytes} MB; at most ${most} MB are allowed. Export the video smaller, or record a shorter one.`
      : "The picture of this video is too large. Export it in 4K (3840 × 2160) at most.",
  truncated: ({ arrived, whole }) =>
    whole ? `Only ${arrived} of ${counted(whole, "second")} have arrived. Send the file again.` : "The end of this file is missing. Send it again.",
  source_missing: () => "The video you sent is no longer there. Send it again.",
  sound_unreadable: () => "The sound of this video cannot be read, so it gets no captions. Record or export it again.",
  trim_invalid: () => "The part you chose cannot be read. Choose it again.",
  trim_too_short: ({ seconds }) => `The part you chose leaves less than one of the ${counted(seconds, "second")} of this video. Choose a longer one.`,
  encode_failed: () => "This video cannot be converted; the file may be damaged. Record or export it again.",
  verification_failed: () => "The converted video did not come out as it should; the file may be damaged. Record or export it again.",
  gave_up: () => "We tried several times and could not finish this step. Our team has been told; you can also send the video again.",
  stalled: () => "This was not finished within a day. Our team has been told; please send the video again.",

  idle: () => "Nobody speaks in this one, so there is nothing to write down.",
  cancelled: () => "You stopped it.",
  superseded: () => "No longer needed: there is a newer video of this answer.",
  not_accepted: () => "Not begun: this upload was not accepted.",
  not_accepted_yet: () => "Not begun: this upload is still being received.",
  waiting_for_retry: () => "Waiting to be tried again.",
  waiting_for_worker: ({ purpose, ...place }) => `${needs[purpose]}${place.ahead === null ? "" : `: ${inLine(place)}`}.`,
  trying_again: ({ start, most }) => `Trying again (${start} of ${most}).`,
  worker_stopped: () => "The machine working on it has stopped; another takes over within a minute.",
  start_failed: ({ start, most, minutes }) =>
    `Attempt ${start} of ${most} failed. ${start < most ? "The next one begins" : "We give up"} in ${rough(minutes)}.`,
  waiting_for_aws: ({ minutes }) => `The words are being written down${minutes ? `, for ${rough(minutes)} so far` : ""}.`,
};

/** What ended while the page was out of sight. */
export const outcomes = {
  /** @param {number} ready @param {number} failed */
  count: (ready, failed) => [ready && `${ready} ready`, failed && `${failed} failed`].filter(Boolean).join(", "),
  notify: "Tell me when it is ready",
};

export const failed = {
  /** @type {Record<string, string>} */
  titles: {
    FAILED: "This did not work",
    CANCELLED: "You stopped this upload",
    ABORTED: "This upload was not accepted",
    SUPERSEDED: "A newer video took its place",
  },
  ended: "It has ended",
  /** @type {Record<string, string>} */
  why: {
    CANCELLED: "Your answer is as it was before. Send a video whenever you like.",
    ABORTED: "Something did not respond in time. Nothing was changed; send the video again.",
    SUPERSEDED: "Only the newest video of an answer counts.",
  },
  unknown: "We do not know why. Send the video again.",
  ours: "The fault may be ours: try again, you need not send the video a second time.",
  retry: "Try again",
  another: "Send another video",
  see: "See the answer as it is now",
};

export const ready = {
  ready: "Your answer is ready",
  readyWhy: "This is what people see from now on.",
  replace: "Replace this answer",
  which: "Which video",
  renditions: { web: "Computer", mobile: "Phone", original: "As you sent it" },
  picture: "The picture of this video",
  pictureAlt: "A still picture from the video",
};

export const words = {
  title: "Transcript and captions",
  why: "Correct what was misheard. Captions and transcript always say the same.",
  draft: "Draft: not for publishing",
  draftWhy: "A simple recogniser wrote this down, and about every third word is wrong. Read all of it.",
  none: "No words were heard in this video. If something is said, add a caption where it begins.",
  notNow: "The words cannot be shown just now",
  notNowWhy: "Reload this page in a moment.",

  differs: "Transcript and captions say different things",
  differsWhy: "Somebody has edited this transcript, and the captions are older. If you save below, the captions take its place.",
  noCaptions: "This answer has no captions yet",
  noCaptionsWhy: "They can be made from its transcript.",
  makeCaptions: "Make captions from the transcript",
  notMade: "The captions were not made",

  captions: "Captions",
  toolbar: "Edit",
  undo: "Undo",
  redo: "Redo",
  add: "Add a caption",
  noRoom: "A caption is there already",
  noRoomWhy: "Go to a moment without one, or split the one that is there.",
  /** @param {number} count */
  toCheck: (count) => `${counted(count, "word")} to check, underlined.`,
  check: "Hear the next one",
  /** @param {string} word @param {number} percent */
  uncertain: (word, percent) => `${word}: uncertain, ${percent} %`,

  findAndReplace: "Find and replace",
  find: "Find",
  replaceBy: "Replace with",
  matchCase: "Match case",
  previous: "Previous",
  next: "Next",
  replace: "Replace",
  replaceAll: "Replace all",
  close: "Close",
  /** @param {number} at @param {number} count */
  ofMatches: (at, count) => `${at} of ${count}`,
  noMatch: "Not found",
  /** @param {number} count */
  replaced: (count) => `${counted(count, "place")} replaced`,

  /** @param {string} time */
  captionAt: (time) => `Caption at ${time}`,
  /** @param {string} time */
  goTo: (time) => `Go to ${time}`,
  /** @param {number} n */
  toolsOf: (n) => `Caption ${n}`,
  edge: { start: "Starts", end: "Ends" },
  earlier: "A tenth of a second earlier",
  later: "A tenth of a second later",
  here: "Now",
  hereAloud: "Now: where the player is",
  noTime: "This is not a time. Write it as 1:02.5.",
  split: "Split at cursor",
  merge: "Merge with next",
  remove: "Delete",

  save: "Save",
  unsaved: "Not saved yet",
  saved: "Saved",
  savedWhy: "Everybody sees your words from now on, in captions and transcript.",
  savedAloud: "Saved",
  noWords: "No words left",
  noWordsWhy: "Leave at least one caption with words in it.",
  conflict: "Somebody else has changed this text",
  conflictWhy: "Nothing was overwritten. Read the newer text; your own changes are kept, and offered to you there.",
  reread: "Read the newer text",
  restored: "Your changes are still here",
  restoredWhy: "They are not saved yet.",
  outdated: "You have changes to an older text",
  outdatedWhy: "The text of this answer was changed since you made them.",
  useDraft: "Use my changes",
  discard: "Discard them",
  discarded: "Your changes were discarded",
  discardedWhy: "Undo brings them back.",
  notLost: "Your changes are still here.",

  download: "Download",
  formats: { vtt: "WebVTT", srt: "SRT", txt: "Text" },
  shortcuts: "Keyboard shortcuts",
  /** Keys, and what they do. @type {[string, string][]} */
  keys: [
    ["Space", "Play or pause, outside of the text"],
    ["Shift + Space", "Play or pause, within the text"],
    ["Ctrl + Enter", "Play from the cursor"],
    ["Enter", "Split the caption at the cursor"],
    ["Shift + Enter", "New line"],
    ["Backspace", "At the beginning: merge with the caption before"],
    ["Delete", "At the end: merge with the next caption"],
    ["F8", "Hear the next word to check"],
    ["Ctrl + Z", "Undo"],
    ["Ctrl + Shift + Z", "Redo"],
    ["Ctrl + S", "Save"],
  ],
};

export const time = {
  /** @param {number} n */
  minutes: (n) => counted(n, "minute"),
  /** @param {number} n */
  seconds: (n) => counted(n, "second"),
};

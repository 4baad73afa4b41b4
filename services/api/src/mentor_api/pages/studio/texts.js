// All texts of the studio. A translation replaces this module.

/** @param {number} n @param {string} one @param {string} [many] */
const counted = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

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
  why: "Your account has no mentor of its own. If you look after mentors, enter the ID of one: 24 letters and digits, the last part of the address of their page.",
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
  interruptedWhy: (name, size) => `Choose the same file again to continue where it stopped: ${name}, ${size}.`,
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
  busy: "What is being recorded or sent stops.",
  /** @param {number} count */
  kept: (count) =>
    `This browser keeps ${counted(count, "recording")} of yours. You find them here when you sign in again; nobody else does.`,
  keep: "Keep recordings and sign out",
  remove: "Delete recordings and sign out",
  anyway: "Sign out now",
  stay: "Stay here",
};

export const record = {
  start: "Start recording",
  skip: "Start at once",
  stop: "Stop",
  back: "Back",
  sound: "Sound",
  level: "How loud you are",
  recording: "Recording",
  noCamera: "No camera",
  tryAgain: "Try again",
  cannot: "This browser cannot record. Choose a video file instead.",
  stillOn: "Your camera is on for the next question.",
  turnOff: "Turn the camera off",
  self: "You, as the camera sees you",
  /** By the name of the browser's error. @type {Record<string, string>} */
  trouble: {
    NotAllowedError:
      "The browser may not use your camera and microphone. Click the camera icon beside the address of this page, allow both, and try again.",
    NotFoundError: "We found no camera or no microphone. Connect one and try again, or choose a video file.",
    NotReadableError: "Another program is using your camera. Close it and try again.",
  },
  otherTrouble: "The camera did not start. Try again, or choose a video file.",
};

export const prepare = {
  looking: "Looking at your video…",
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
  undo: "Undo",
  undone: "Your picture is as it was before.",
  unreadable: "This browser cannot take a picture from this video",
  unreadableWhy: "Try another browser, or let the picture be made from the video you send.",
};

export const sending = {
  /** @type {Record<import("./state.js").Phase, string>} */
  phase: {
    sending: "Sending your video…",
    paused: "Paused.",
    waiting: "The connection is broken. Sending continues by itself when it is back…",
    arrived: "All of it has arrived. One moment…",
    failed: "Not sent yet.",
  },
  useless: "We cannot use this video.",
  sent: "Sent",
  /** @param {string} sent @param {string} all */
  of: (sent, all) => `${sent} of ${all}`,
  /** @param {number} status */
  storeAnswered: (status) => `The store answered ${status}.`,
  pause: "Pause",
  resume: "Resume",
  stop: "Stop sending",
  another: "Take another video",
  again: "Send it again",
  retry: "Try again",
  secondsLeft: "a few seconds left",
  /** @param {number} seconds */
  aboutSeconds: (seconds) => `about ${seconds} seconds left`,
  /** @param {number} minutes */
  aboutMinutes: (minutes) => `about ${counted(minutes, "minute")} left`,
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
  /** What a mentor calls our workers. */
  worker: "machine",
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
  transcript: "What you say",
  captions: "Captions",
  draft: "draft: not for publishing",
  draftWhy: "A simple recogniser wrote this down, and about every third word is wrong. Read all of it.",
  none: "No words were heard in this video.",
  notNow: "The words cannot be shown just now",
  notNowWhy: "Reload this page in a moment.",
  /** @param {number} count */
  toCheck: (count) => `${counted(count, "word")} to check, underlined: press one to hear it.`,
  /** @param {number} percent */
  uncertain: (percent) => `uncertain, ${percent} %`,
  save: "Save captions",
  saved: "Saved",
  savedWhy: "Everybody sees your captions from now on.",
  savedAloud: "Captions saved",
  noWords: "No words left",
  noWordsWhy: "Leave at least one line with words in it.",
  restored: "Your changes are still here",
  restoredWhy: "They are not saved yet.",
  discard: "Discard them",
  discarded: "Your changes were discarded.",
  undo: "Undo",
  notLost: "Your changes are still here.",
  /** @param {string} time */
  captionAt: (time) => `Caption at ${time}`,
  /** @param {string} time */
  goTo: (time) => `Go to ${time}`,
};

export const time = {
  /** @param {number} n */
  minutes: (n) => counted(n, "minute"),
  /** @param {number} n */
  seconds: (n) => counted(n, "second"),
};

// All texts of the console. A translation replaces this module.

/** @param {number} count */
export const number = (count) => count.toLocaleString("en");

/** @param {number} count @param {string} one @param {string} [many] */
export const counted = (count, one, many) => `${number(count)} ${count === 1 ? one : (many ?? `${one}s`)}`;

export const TITLE = "Operator's console";
export const LOADING = "One moment…";
export const NONE = "–";

export const signIn = {
  why: "See what is waiting and what failed, and fix it. For administrators.",
  label: "Access token",
  help: "The one from your sign-in as an administrator. It stays in this tab.",
  submit: "Sign in with the token",
  wrong: "This is not an access token",
  expired: "It has expired. Sign in again to get a new one.",
  local: "Sign in as the local administrator",
};

export const page = {
  /** @param {string} time */
  asOf: (time) => `as of ${time}`,
  /** @param {string} title */
  stale: (title) => `${title}: what you see is not up to date`,
  /** @param {string} message */
  staleWhy: (message) => `${message} The page keeps trying.`,
  pause: "Pause",
  resume: "Resume",
  close: "Close",
  skip: "Skip to the content",
  sections: "Sections",
  signOut: "Sign out",
  select: "Select",
  selectAll: "Select all on this page",
  /** @param {string} name */
  selectOne: (name) => `Select ${name}`,
  selectNone: "Select none",
  selection: "What is selected",
  /** @param {number} count */
  selected: (count) => `${number(count)} selected`,
  pages: "Pages",
  firstPage: "First page",
  previousPage: "Previous page",
  nextPage: "Next page",
  /** @param {number} page @param {number|null} pages */
  pageOf: (page, pages) => `Page ${number(page)}${pages === null ? "" : ` of ${number(pages)}`}`,
  restarted: "Back on the first page",
  restartedWhy: "The page you asked for no longer exists, most likely because the service has been updated. Your filters are unchanged.",
  empty: "Nothing here.",
  decline: "Keep as it is",
  fault: "This page has a fault",
  faultAdvice: "Reload it. If that does not help, tell the team that runs this service.",
  notAllowed: "This account cannot use the console",
  otherAccount: "Sign in with another account",
  /** @param {string} who */
  silent: (who) => `Not responding: ${who}. Nothing is lost: work resumes by itself.`,
  again: "Try again now",
  /** @type {Record<string, string>} */
  dependencies: {
    graphql: "the mentors' site (GraphQL), which knows who may use the console",
    dynamodb: "the jobs table (DynamoDB)",
    s3: "the file store (S3)",
    sns: "the topics (SNS)",
    sqs: "the queues (SQS)",
  },
};

/** Word and colour. @type {Record<string, [string, string]>} */
export const states = {
  PREPARING: ["Receiving", "accent"],
  QUEUED: ["Waiting", "accent"],
  IN_PROGRESS: ["In progress", "accent"],
  READY: ["Ready", "good"],
  FAILED: ["Failed", "bad"],
  CANCELLING: ["Cancelling", "warn"],
  CANCELLED: ["Cancelled", "warn"],
  SUPERSEDED: ["Replaced", ""],
  ABORTED: ["Not accepted", "warn"],
  UNKNOWN: ["Unknown", ""],
  UNREADABLE: ["Unreadable", "bad"],
  DONE: ["Done", "good"],
  WAITING: ["Waiting for AWS", "accent"],
};
export const ALL_STATES = "All";
export const ACTIVE_STATES = "Not finished";

/** What a service is for. @type {Record<string, string>} */
export const purposes = {
  api: "receives uploads, copies media",
  "api-ingest": "copies media, repairs what was interrupted",
  transcoder: "makes the videos",
  transcriber: "transcribes the speech",
  notifier: "tells the mentors' site",
};

export const time = {
  now: "just now",
  /** @param {string} span */
  ago: (span) => `${span} ago`,
};

export const overview = {
  title: "Overview",
  uploadsOfDay: "Uploads in the last 24 hours",
  timeToReady: "Time from accepted to ready",
  /** @param {number} count */
  dead: (count) => counted(count, "dead letter"),
  /** @param {number} count @param {string} service */
  deadOf: (count, service) => `${number(count)} of the ${service}`,
  /** @param {string} services */
  offline: (services) => `No worker of the ${services} is online`,
  offlineWhy: "Nothing is lost: work resumes when one is started.",
  pausing: "Some workers are not taking new work",
  /** @param {string} why */
  pausingWhy: (why) => `${why}. They resume by themselves.`,
  mostFailed: "most recent messages failed",
  allWell: "All is well",
  allWellWhy: "All the workers needed are online, and there are no dead letters.",
  tiles: {
    waiting: ["Waiting", "not picked up yet"],
    inProgress: ["In progress", "or waiting for a retry"],
    oldest: ["Oldest", "in all queues"],
    dead: ["Dead letters", "in all queues"],
    ready: "Ready today",
    /** @param {number} count */
    received: (count) => `of ${number(count)} received in 24 h`,
    failed: ["Failed today", "in 24 h"],
    toReady: "Median time to ready",
    /** @param {string} span */
    p95: (span) => `p95 ${span}`,
  },
  queues: "Queues",
  queueColumns: { service: "Service", waiting: "Waiting", inProgress: "In progress", oldest: "Oldest", dead: "Dead letters" },
  workers: "Workers",
  workerColumns: { service: "Service", state: "State", busy: "Busy", process: "Process", version: "Version", seen: "Last seen" },
  /** @param {number} busy @param {number} slots */
  busy: (busy, slots) => `${busy}\u00a0of\u00a0${slots}`,
  /** Word and colour. @type {Record<string, [string, string]>} */
  seen: { alive: ["online", "good"], late: ["not responding", "warn"], gone: ["offline", "bad"] },
  stopping: "stopping",
  paused: "paused",
  noWorkers: "No worker has reported in the last hour. Check that they are running.",
  failures: "Why uploads failed today",
  failuresLabel: "Reasons of failures",
  failureColumns: { reason: "Reason", uploads: "Uploads" },
  showFailed: "Show the uploads that failed",
};

export const plots = {
  /** @param {number} received @param {number} ready @param {number} failed @param {number} other */
  uploads: (received, ready, failed, other) =>
    `Uploads in the last 24 hours: ${received} received, ${ready} became ready, ${failed} failed, ${other} were cancelled or replaced.`,
  legend: { ready: "ready", failed: "failed", other: "cancelled or replaced", received: "received" },
  uploadsInNumbers: "Uploads, hour by hour, in numbers",
  uploadsByHour: "Uploads by hour",
  uploadColumns: { hour: "Hour", received: "Received", ready: "Ready", failed: "Failed", cancelled: "Cancelled", replaced: "Replaced" },
  noneReady: "No upload became ready in the last 24 hours.",
  /** @param {string} span */
  ready: (span) => `Time to ready by hour; the highest p95 was ${span}.`,
  readyInNumbers: "Time to ready, hour by hour, in numbers",
  readyByHour: "Time to ready by hour",
  median: "median",
  p95: "p95",
  readyColumns: { hour: "Hour", median: "Median", p95: "p95" },
};

export const uploads = {
  title: "Uploads",
  within: { 1: "Last hour", 24: "Last day", 168: "Last week", 720: "Last 30 days", 4320: "Last 180 days" },
  older: {
    "": "Any age",
    5: "Older than 5 minutes",
    15: "Older than 15 minutes",
    60: "Older than an hour",
    1440: "Older than a day",
  },
  filters: "Filter uploads",
  state: "State",
  upload: "Upload",
  anyUpload: "ID, or its beginning",
  idFormat: "An upload's ID, or at least its first 4 characters",
  mentor: "Mentor",
  anyMentor: "all",
  mentorFormat: "24 characters: digits and the letters a to f",
  error: "Error",
  anyError: "part of the message",
  errorFormat: "Part of the error message, in upper or lower case",
  time: "Time",
  age: "Age",
  find: "Find",
  errors: "Errors",
  everyError: "any error",
  /** @param {number} count @param {boolean} isLowerBound */
  total: (count, isLowerBound) => `${isLowerBound ? "At least " : ""}${counted(count, "upload")}`,
  lowerBound: "Only the latest 5,000 uploads were searched",
  lowerBoundWhy: "There may be more matches. Choose a shorter time or a mentor to see them all.",
  retry: {
    /** @param {number} count */
    all: (count) => `Try ${count === 1 ? "it" : `all ${number(count)}`} again`,
    /** @param {number} count */
    selected: (count) => `Try the ${number(count)} selected again`,
    /** @param {number} count */
    title: (count) => `Try ${counted(count, "failed upload")} again?`,
    /** @param {number} count */
    what: (count) => `What failed of ${counted(count, "upload")} runs again, as a new attempt. What succeeded is kept.`,
    why: "The server does this, up to ten a second, and carries on if you close this page. Uploads that have been replaced are left as they are.",
    /** @param {number} count */
    verb: (count) => `Try ${number(count)} again`,
  },
  columns: { upload: "Upload", state: "State", received: "Received", mentor: "Mentor", attempt: "Attempt", why: "Why" },
  /** @param {string} id */
  named: (id) => `upload ${id}`,
  none: "No upload matches. Choose a longer time, or another state.",
};

export const upload = {
  /** @param {string} id */
  title: (id) => `Upload ${id}`,
  all: "All uploads",
  history: "What happened",
  facts: "About it",
  work: "Work",
  status: "Status",
  live: "live",
  lastError: "Last error: ",
  retry: {
    button: "Try again",
    title: "Try the failed work again?",
    text: "What failed runs again, as a new attempt. What succeeded is kept.",
    done: "The next attempt was requested.",
  },
  cancel: {
    button: "Cancel this upload",
    title: "Cancel this upload?",
    text: "Work on it stops within seconds. The answer stays as it is. You cannot undo this.",
    verb: "Cancel the upload",
    done: "Cancelled.",
  },
  /** @type {Record<string, string>} */
  standing: {
    current: "the newest of its answer",
    superseded: "replaced by a newer one",
    cancelled: "cancelled",
    undecided: "a newer one is being received",
  },
  fact: {
    mentor: "Mentor",
    question: "Question",
    user: "Sent by",
    received: "Received",
    standing: "Standing",
    announced: "Sent to workers",
    nextCheck: "Next check",
    trace: "Trace",
  },
  yes: "yes",
  notYet: "not yet",
  notNeeded: "not needed",
  noTrace: "not recorded",
  workLabel: "Work on it",
  columns: { work: "Work", state: "State", attempt: "Attempt", starts: "Starts", done: "Done", by: "By", madeBy: "Made by" },
  /** @type {Record<string, string>} */
  task: { transcode: "Video", transcribe: "Speech" },
  /** @param {string} rendition */
  web: (rendition) => `web ${rendition}`,
  noWork: "No worker has picked it up yet.",
  draft: "draft, not for publishing",
};

export const letters = {
  title: "Dead letters",
  about: "Messages that a service gave up on after every attempt, or could not read. Kept for 14 days.",
  /** @param {string} queue */
  none: (queue) => `No dead letters in the ${queue} queue`,
  noneWhy: "There is nothing to do.",
  /** @param {number} count */
  inHand: (count) => `${counted(count, "message is", "messages are")} in use right now`,
  inHandWhy: "Somebody is viewing or moving them. Unless moved, they are back within two minutes.",
  lookAgain: "Refresh",
  services: "Queues",
  filters: "Filter dead letters",
  find: "Find",
  /** Label, what stands in an empty field, and what may be in it. @type {Record<"upload"|"mentor"|"error", [string, string, string]>} */
  fields: {
    upload: ["Upload", "ID, or its beginning", "An upload's ID, or its beginning"],
    mentor: ["Mentor", "all", "24 characters: digits and the letters a to f"],
    error: ["Error", "part of the message", "Part of the error message, in upper or lower case"],
  },
  reasons: "Reasons",
  anyReason: "any reason",
  /** @param {number} matching @param {number} all */
  total: (matching, all) => (matching === all ? counted(all, "dead letter") : `${number(matching)} of ${counted(all, "dead letter")}`),
  /** @param {number} count @param {boolean} isFiltered */
  some: (count, isFiltered) => `${isFiltered ? "these" : "all"} ${counted(count, "message")}`,
  /** @param {number} count */
  selected: (count) => `the ${number(count)} selected`,
  /** @param {number} read @param {number} all */
  read: (read, all) => `${number(read)} of ${number(all)} were read; actions apply to those only.`,
  /** @param {number} count */
  hidden: (count) => `${counted(count, "more is", "more are")} in use right now.`,
  redrive: {
    /** @param {string} some */
    button: (some) => `Send ${some} again`,
    short: "Send again",
    title: "Send again?",
    /** @param {string} queue @param {number} count */
    what: (queue, count) => `${counted(count, "message goes", "messages go")} back to the ${queue} queue.`,
    why: "Each starts one more attempt, but only if the one that failed is still the last. What has finished since stays as it is. Doing this twice is safe.",
    /** @param {number} count */
    verb: (count) => `Send ${number(count)} again`,
  },
  discard: {
    /** @param {string} some */
    button: (some) => `Discard ${some}`,
    short: "Discard",
    title: "Discard for good?",
    /** @param {string} queue @param {number} count */
    what: (queue, count) => `${counted(count, "message is", "messages are")} removed from the ${queue} queue for good.`,
    why: "A copy of each is kept for 30 days in a private place that the log names. The uploads stay failed, with their reason, and can still be tried again.",
    /** @param {number} count */
    verb: (count) => `Discard ${number(count)}`,
  },
  list: "Dead letters",
  columns: { since: "Since", reason: "Reason", upload: "Upload", kind: "Kind", attempt: "Attempt", act: "Actions" },
  /** @param {string} id */
  named: (id) => `the dead letter of ${id}`,
  message: "The message",
  noMatch: "No message matches.",
};

/** @typedef {import("./state.js").Job} Job */

/** What an action is on. @param {Job} job @param {number} count */
const on = ({ verb, queue }, count) => (verb === "retry" ? counted(count, "upload") : `${counted(count, "message")} of the ${queue}`);

export const actions = {
  seeLog: "See the log",
  kept: "Kept for 30 days in ",
  /** @param {Job} job */
  doing: (job) => `${{ redrive: "Sending again", discard: "Discarding", retry: "Trying again" }[job.verb]}: ${on(job, job.total)}`,
  /** @param {Job} job */
  progress: (job) => `${actions.doing(job)}, ${number(job.done + job.undone)} done so far`,
  /** @param {Job} job */
  ended: (job) => {
    const how = { redrive: "sent again", discard: "discarded", retry: "tried again" }[job.verb];
    const parts = [`${job.status === "STOPPED" ? "Stopped. " : ""}${on(job, job.done)} ${how}.`];
    if (job.undone) parts.push(job.verb === "retry" ? `${number(job.undone)} refused.` : `${number(job.undone)} could not be moved; try again.`);
    if (job.gone) parts.push(`${number(job.gone)} no longer existed.`);
    return parts.join(" ");
  },
  /** @param {string} problem */
  problem: (problem) => `The last failure: ${problem}`,
  /** @param {string} trouble */
  trouble: (trouble) => `${trouble} The server carries on by itself.`,
  /** @param {string} who */
  byOther: (who) => `Started by ${who}.`,
  withoutPage: "Carries on if you close this page.",
  stop: "Stop",
};

export const log = {
  title: "Log",
  about: "Everything operators did in the last 180 days. Each entry is written before its action starts, and cannot be changed.",
  label: "What operators did",
  columns: { when: "When", who: "Who", what: "What", target: "Target", result: "Result" },
  /** @type {Record<string, string>} */
  verbs: { redrive: "Sent again", discard: "Discarded", retry: "Tried again", cancel: "Cancelled" },
  none: "Nothing has been done yet.",
  everything: "all",
  uploads: "uploads",
  /** @param {number} count */
  selected: (count) => `${number(count)} selected`,
  unfinished: "unfinished, or interrupted",
  done: "done",
  stopped: "stopped",
  /** @param {string} task @param {number} attempt */
  opens: (task, attempt) => `${task}: attempt ${attempt}`,
  /** @param {number} count */
  handled: (count) => `${number(count)} done`,
  /** @param {number} count */
  undone: (count) => `${number(count)} not done`,
  /** @param {number} count */
  gone: (count) => `${number(count)} no longer existed`,
};

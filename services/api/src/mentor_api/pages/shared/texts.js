// Texts that all pages share. A translation replaces this module.

export const signIn = "Sign in";
export const or = "or";
export const toLoginPage = "Continue to sign in";
export const notSignedIn = "You are not signed in";
export const notSignedInWhy = "The sign-in page sent you back without signing you in here. Continue to sign in to try it again.";
export const noToken = "It should be one long line with two dots in it. Copy it again, all of it.";
export const signedOut = "Your session has expired. Sign in again and everything continues where it was.";

/** Titles of failed requests by their status; 0 is no answer at all. @type {Record<number, string>} */
export const problems = {
  0: "No connection",
  401: "You are signed out",
  403: "You may not do this",
  404: "Not found",
  409: "Not right now",
  413: "Too large",
  415: "Not this kind of file",
  429: "Too many requests",
  503: "The service is busy or down",
};
export const ourFault = "Something is wrong on our side";
export const failed = "That did not work";
export const offline = "We cannot reach the server. Check your internet connection; nothing you made is lost.";
export const notYours =
  "This account may not change this mentor's answers. Sign in with another account, or ask whoever looks after the mentors.";
/** @param {number} status */
export const answered = (status) => `The server answered ${status}. Please try again.`;

// The session of the person who is signed in, and requests in their name.
import * as session from "../shared/session.js";
import { SignIn } from "../shared/signin.js";
import { signIn as texts } from "./texts.js";

const who = new SignIn("studio", "studio-token", texts);

/** True while somebody is signed in. */
export const signedIn = () => who.token !== null;
export const signOut = () => who.out();
/** @param {string} [why] */
export const signIn = (why) => who.ask(why);

/** @param {string} path @param {import("../shared/session.js").Options} [options] */
export const ask = (path, options) => session.ask(who, path, options);
/** @param {string} path @param {import("../shared/session.js").Options} [options] */
export const data = (path, options) => session.data(who, path, options);

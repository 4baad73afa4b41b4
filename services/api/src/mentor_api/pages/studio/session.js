// The session of the person who is signed in, and requests in their name.
import * as session from "../shared/session.js";
import { SignIn } from "../shared/signin.js";
import { signIn as texts } from "./texts.js";

const who = new SignIn("studio", "studio-token", texts);

export const signOut = () => who.out();
/** Resolves when somebody is signed in. */
export const signIn = () => who.start();

/** @param {string} path @param {import("../shared/session.js").Options} [options] */
export const ask = (path, options) => session.ask(who, path, options);
/** @param {string} path @param {import("../shared/session.js").Options} [options] */
export const data = (path, options) => session.data(who, path, options);

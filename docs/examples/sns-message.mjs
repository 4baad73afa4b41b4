// What SNS posts to an HTTPS endpoint: whether it is genuine, and what to do with it. Node alone, no packages.
import { verify, X509Certificate } from "node:crypto";

const HASHES = { 1: "RSA-SHA1", 2: "RSA-SHA256" };
const SIGNED = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
};

/** The message is not from SNS, or not from our topic: answer 403 and do nothing. */
export class NotGenuine extends Error {}

/**
 * The event of a notification; null for a request to subscribe, which is confirmed.
 * @param {string} body as it was posted
 * @param {string} topic ARN of the notifier's topic: anybody can subscribe your URL to a topic of their own
 * @param {(url: string) => Promise<string>} get the body that a URL answers
 * @throws {NotGenuine}
 */
export async function receive(body, topic, get = getText) {
  const message = parse(body);
  const names = SIGNED[message.Type];
  if (message.TopicArn !== topic || !names) throw new NotGenuine("not of this topic");
  const text = names.filter((name) => name in message).map((name) => `${name}\n${message[name]}\n`).join("");
  const { publicKey } = new X509Certificate(await get(ofSns(message.SigningCertURL, topic)));
  const hash = HASHES[message.SignatureVersion];
  if (!hash || !verify(hash, Buffer.from(text), publicKey, Buffer.from(String(message.Signature), "base64"))) {
    throw new NotGenuine("another signature");
  }
  if (message.Type === "Notification") return JSON.parse(message.Message);
  await get(ofSns(message.SubscribeURL, topic));
  return null;
}

function parse(body) {
  try {
    return Object(JSON.parse(body));
  } catch {
    throw new NotGenuine("no message");
  }
}

/** A URL that is SNS's own in the topic's region: a forged message names another's certificate. */
function ofSns(url, topic) {
  const origin = `https://sns.${topic.split(":")[3]}.amazonaws.com`;
  if (!URL.canParse(url) || new URL(url).origin !== origin) throw new NotGenuine("not a URL of SNS");
  return url;
}

async function getText(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status}: ${url}`); // answer 500, and SNS sends it again
  return response.text();
}

// A chat's file: its format, the check of what is read, and writing that leaves either the old content or the new.

import { randomUUID } from "node:crypto";
// Not VS Code's file system: a window that closes has lost it, and it can neither set a mode nor replace a file in one step.
import fs from "node:fs";
import path from "node:path";

import * as v from "valibot";

import { restoredConversation } from "../shared/conversation.ts";
import type { AnswerMessage, Attachment, Conversation, Message, UserMessage } from "../shared/chat.ts";
import type { Problem } from "../shared/status.ts";

export interface StoredConversation {
  readonly conversation: Conversation;
  /** Time of the last change, in milliseconds since 1970. */
  readonly changed: number;
}

/** Grows by one when files of the format before can no longer be read, or those of the new one not by the code before. */
const formatVersion = 2;

/** What the code before cannot read: a chat without it is written in version 1, for a window that runs that code. */
const newInVersion2 = v.looseObject({ command: v.literal("document") });

/** The name of a chat's file is its id. */
export const chatIdPattern = /^[\w-]+$/;

/** An entry for every property that the type has, so that a new one cannot be forgotten here. */
type Entries<T> = Record<keyof T, v.GenericSchema>;

// Objects keep properties that are unknown here: an older version that saves a chat must not drop what a newer one added.
const wholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0));
const range = v.looseObject({ startLine: wholeNumber, endLine: wholeNumber } satisfies Entries<
  NonNullable<Attachment["range"]>
>);
const attachment = v.looseObject({
  id: v.string(),
  label: v.string(),
  uri: v.string(),
  languageId: v.string(),
  text: v.string(),
  range: v.exactOptional(range),
  icon: v.exactOptional(v.string()),
  leftOut: v.exactOptional(v.string()),
} satisfies Entries<Attachment>);
const problem = v.looseObject({
  message: v.string(),
  action: v.exactOptional(v.picklist(["selectModel", "restartServer", "showLog", "retry"])),
} satisfies Entries<Problem>);
const question = v.looseObject({
  id: v.string(),
  role: v.literal("user"),
  text: v.string(),
  attachments: v.array(attachment),
  command: v.exactOptional(v.picklist(["explain", "document"])),
} satisfies Entries<UserMessage>);
const answer = v.looseObject({
  id: v.string(),
  role: v.literal("assistant"),
  text: v.string(),
  state: v.picklist(["streaming", "done", "truncated", "stopped", "interrupted", "failed"]),
  problem: v.exactOptional(problem),
  notes: v.exactOptional(v.array(v.string())),
} satisfies Entries<AnswerMessage>);
const messages: v.GenericSchema<unknown, readonly Message[]> = v.pipe(
  v.array(v.variant("role", [question, answer])),
  v.check(
    (all) => all.every(({ role }, index) => role === (index % 2 ? "assistant" : "user")),
    "questions and answers in turn",
  ),
  v.check((all) => new Set(all.map(({ id }) => id)).size === all.length, "an id for each message"),
);
const longestTime = 8.64e15;
const chatFile = v.object({
  version: v.picklist([1, formatVersion]),
  changed: v.pipe(wholeNumber, v.maxValue(longestTime)),
  title: v.exactOptional(v.string()),
  messages,
});

/** Throws the reason when the text is no chat of these versions. The reason holds nothing of the text: it is logged. */
export function parseChat(id: string, text: string): StoredConversation {
  const value = parseJson(text);
  const version = v.safeParse(v.object({ version: v.number() }), value);
  if (version.success && version.output.version > formatVersion)
    throw new Error("It was written by a newer version of the extension.");
  const result = v.safeParse(chatFile, value, { abortEarly: true, abortPipeEarly: true });
  if (!result.success) throw new Error(describeIssue(result.issues[0]));
  const { changed, messages, title } = result.output;
  // An answer that was running when it was stored runs no more.
  return { conversation: restoredConversation({ id, messages, ...(title !== undefined && { title }) }), changed };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new Error("It is not JSON.");
  }
}

/** valibot's own messages quote what was found. */
function describeIssue(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? "The file"} should be ${issue.expected ?? issue.message}.`;
}

/** The content of a file, and its stamp at that moment. */
export function readStamped(file: string): { readonly text: string; readonly stamp: string } {
  const descriptor = fs.openSync(file, "r");
  try {
    return { stamp: stampOf(fs.fstatSync(descriptor, { bigint: true })), text: fs.readFileSync(descriptor, "utf8") };
  } finally {
    fs.closeSync(descriptor);
  }
}

/** What tells one write of a file from every other; undefined where there is no file. */
export function readStamp(file: string): string | undefined {
  const found = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && stampOf(found);
}

function stampOf({ ino, mtimeNs, size }: fs.BigIntStats): string {
  return [ino, mtimeNs, size].join(":");
}

/** What the file of a chat holds. */
export function chatContent(changed: unknown, messages: unknown, title?: string): string {
  const isNew = Array.isArray(messages) && messages.some((message) => v.is(newInVersion2, message));
  return JSON.stringify({ version: isNew ? formatVersion : 1, changed, title, messages });
}

/**
 * Replaces the file in one step, and returns its stamp. `durable`: not even a power failure takes it back, which may
 * take some milliseconds.
 * @param seen the stamp of the file that may be replaced, or undefined where there is to be none
 * @returns undefined, and leaves the file, where it is another by the time that the text is written
 */
export function replaceFile(
  file: string,
  text: string,
  durable: boolean,
  seen: string | undefined,
): string | undefined {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    fs.writeFileSync(temporary, text, { flag: "wx", mode: 0o600, flush: durable });
    // Taken before the renaming, which does not change it: afterwards the file may be another window's.
    const stamp = stampOf(fs.statSync(temporary, { bigint: true }));
    if (readStamp(file) !== seen) {
      fs.rmSync(temporary);
      return undefined;
    }
    fs.renameSync(temporary, file);
    return stamp;
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

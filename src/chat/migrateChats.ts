// Takes over the chats of earlier versions, which kept them all in one value of the workspace's memento.

import { randomUUID } from "node:crypto";
import path from "node:path";

import * as v from "valibot";

import { chatContent, chatIdPattern, replaceFile } from "./chatFile.ts";
import type { Storage } from "./chatsFolder.ts";
import { openKey } from "./conversationStore.ts";

const storageKey = "falcon.conversations";
const oldValue = v.object({ open: v.unknown(), conversations: v.array(v.unknown()) });
const oldChat = v.object({
  conversation: v.object({ id: v.pipe(v.string(), v.regex(chatIdPattern)), messages: v.unknown() }),
  changed: v.unknown(),
});

/** Makes a file of each, whatever it holds: it is checked when it is read. Where that fails, the next start tries again. */
export function migrateChats(storage: Storage, folder: string, log: { warn(message: string): void }): void {
  const value = storage.get(storageKey);
  if (value === undefined) return;
  const parsed = v.safeParse(oldValue, value);
  try {
    for (const chat of parsed.success ? parsed.output.conversations : [value]) migrateChat(chat, folder);
  } catch (error) {
    log.warn(`Chats of an earlier version could not be taken over: ${String(error)}`);
    return;
  }
  if (parsed.success) void storage.update(openKey, parsed.output.open);
  void storage.update(storageKey, undefined);
}

function migrateChat(value: unknown, folder: string): void {
  const parsed = v.safeParse(oldChat, value);
  const id = parsed.success ? parsed.output.conversation.id : randomUUID();
  const file = path.join(folder, `${id}.json`);
  const content = parsed.success
    ? chatContent(parsed.output.changed, parsed.output.conversation.messages)
    : JSON.stringify(value);
  // Another window may have taken it over, and gone on with it: that file stays.
  replaceFile(file, content, true, undefined);
}

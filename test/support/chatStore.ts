// Stores of conversations on a real folder, as windows of one workspace have them.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import type { Storage } from "../../src/chat/chatsFolder.ts";
import { ConversationStore } from "../../src/chat/conversationStore.ts";
import { emptyConversation, reduceConversation } from "../../src/shared/conversation.ts";
import type { Conversation } from "../../src/shared/chat.ts";

/** `vscode.Memento` keeps what can be written as JSON. */
export class Memento implements Storage {
  readonly values: Map<string, string>;

  constructor(values: Readonly<Record<string, unknown>> = {}) {
    this.values = new Map(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
  }

  get(key: string): unknown {
    const value = this.values.get(key);
    return value === undefined ? undefined : JSON.parse(value);
  }

  update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.values.delete(key);
    else this.values.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}

/** The store of a window, and what it said. */
export interface StoreOfWindow {
  readonly store: ConversationStore;
  readonly log: string[];
  readonly failures: Error[];
}

export function openStore(folder: string, storage: Storage = new Memento()): StoreOfWindow {
  const log: string[] = [];
  const failures: Error[] = [];
  const store = new ConversationStore({
    folder,
    storage,
    log: { warn: (message) => log.push(message) },
    onFailure: (error) => failures.push(error),
  });
  return { store, log, failures };
}

export function makeFolder(): string {
  return fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "falcon-chats-"));
}

/** The conversation with one more question, whose answer has begun with some text. */
export function ask(conversation: Conversation, text: string): Conversation {
  const number = conversation.messages.length;
  const answerId = `${text} answer ${number}`;
  const message = { id: `${text} question ${number}`, role: "user", text, attachments: [] } as const;
  const asked = reduceConversation(conversation, { type: "asked", message, answerId });
  return reduceConversation(asked, { type: "delta", answerId, text: `On ${text}:` });
}

export function newConversation(id: string, text = id): Conversation {
  return ask(emptyConversation(id), text);
}

/** The first questions of all conversations, newest first. */
export async function listQuestions(store: ConversationStore): Promise<string[]> {
  return (await store.list()).map(({ conversation }) => conversation.messages[0]?.text ?? "");
}

/** The questions of each conversation, in no order. */
export async function listAllQuestions(store: ConversationStore): Promise<string[]> {
  const all = await store.list();
  const questions = all.map(({ conversation }) => conversation.messages.filter(({ role }) => role === "user"));
  return questions.map((messages) => messages.map(({ text }) => text).join(" ")).sort();
}

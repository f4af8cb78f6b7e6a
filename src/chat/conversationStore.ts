// The workspace's conversations, a file for each, shared with the other windows of the workspace.

import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

import type { Conversation, ConversationEvent } from "../shared/chat.ts";
import { chatContent, chatIdPattern, parseChat, readStamp, readStamped, replaceFile } from "./chatFile.ts";
import type { StoredConversation } from "./chatFile.ts";
import type { Storage } from "./chatsFolder.ts";
import { mergeChats } from "./mergeChats.ts";

export interface StoreOptions {
  readonly folder: string;
  /** Remembers which conversation was open. */
  readonly storage: Storage;
  readonly log: { warn(message: string): void };
  /** Conversations are not kept. Called once, until they are again. */
  readonly onFailure: (error: Error) => void;
}

export const openKey = "falcon.openChat";
const keptConversations = 50;
/** While an answer streams a crash loses at most this many milliseconds of it. */
const saveInterval = 1000;
/** What is older was left by a process that was killed. */
const longestWrite = 60 * 60_000;

/** Files are written at once, not in the background: a window that closes waits for nobody. */
export class ConversationStore {
  readonly #options: StoreOptions;
  /** The stamp of each conversation's file when this window last read or wrote it. */
  readonly #seen = new Map<string, string>();
  /** The title that each had then. */
  readonly #seenTitles = new Map<string, string | undefined>();
  /** What is to be written, and what could not be. */
  readonly #unsaved = new Map<string, StoredConversation>();
  readonly #skipped = new Set<string>();
  #open: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #pruning = Promise.resolve();

  /** A conversation that another window changed was saved as one of its own, under another id. */
  onCopied: (id: string, copyId: string) => void = () => undefined;

  /** Another window has given the conversation another title. */
  onRenamed: (id: string, title: string) => void = () => undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    const open = options.storage.get(openKey);
    if (typeof open === "string") this.#open = open;
  }

  /** The conversation that was open when a window closed. */
  get lastOpen(): Conversation | undefined {
    return this.#open === undefined ? undefined : this.find(this.#open);
  }

  /** Every one that can be read, newest first, as the windows have left them. */
  async list(): Promise<readonly StoredConversation[]> {
    const found = new Map<string, StoredConversation>();
    for (const id of await this.#findIds()) {
      const stored = await this.#read(id);
      if (stored) found.set(id, stored);
    }
    for (const [id, stored] of this.#unsaved) found.set(id, stored);
    return [...found.values()].sort((a, b) => b.changed - a.changed);
  }

  find(id: string): Conversation | undefined {
    return this.#find(id)?.conversation;
  }

  #find(id: string): StoredConversation | undefined {
    const unsaved = this.#unsaved.get(id);
    if (unsaved) return unsaved;
    if (!chatIdPattern.test(id)) return undefined;
    try {
      const { text, stamp } = readStamped(this.#file(id));
      const stored = parseChat(id, text);
      this.#seen.set(id, stamp);
      this.#seenTitles.set(id, stored.conversation.title);
      return stored;
    } catch (error) {
      this.#skip(id, error);
      return undefined;
    }
  }

  /** Whether another window has changed it since this one read or wrote it. */
  hasChanged(id: string): boolean {
    const stamp = readStamp(this.#file(id));
    return stamp !== undefined && stamp !== this.#seen.get(id);
  }

  /** Takes over the open conversation as it is after an event, and writes it now or, of an answer that grows, soon. */
  save(conversation: Conversation, cause: ConversationEvent["type"]): void {
    const { id } = conversation;
    this.#unsaved.set(id, { conversation, changed: Date.now() });
    this.remember(id);
    if (cause === "delta") {
      this.#timer ??= setTimeout(() => this.#write(false), saveInterval);
      return;
    }
    // What another window deleted comes back when the user goes on with it, but not by the rest of an answer.
    if (cause !== "ended" && !fs.existsSync(this.#file(id))) this.#seen.delete(id);
    this.#write(true);
  }

  /** Remembers which conversation is open without changing its place in the list. */
  remember(id: string): void {
    if (id === this.#open) return;
    this.#open = id;
    void this.#options.storage.update(openKey, id);
  }

  /** Gives a conversation that is not the open one another title, without changing its place in the list. False when it cannot be read. */
  rename(id: string, title: string): boolean {
    const stored = this.#find(id);
    if (!stored) return false;
    this.#unsaved.set(id, { ...stored, conversation: { ...stored.conversation, title } });
    this.#write(true);
    return true;
  }

  delete(id: string): void {
    fs.rmSync(this.#file(id), { force: true });
    this.#unsaved.delete(id);
  }

  /** Everything is on disk when this returns, and what is too old is gone when it resolves. */
  flush(): Promise<void> {
    this.#write(true);
    return this.#pruning;
  }

  #write(durable: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let failure: unknown;
    for (const [id, stored] of this.#unsaved) {
      try {
        this.#writeOne(id, stored, durable);
        this.#unsaved.delete(id);
      } catch (error) {
        failure = error;
      }
    }
    if (failure === undefined) this.#failures = 0;
    else this.#fail(failure);
  }

  #writeOne(id: string, stored: StoredConversation, durable: boolean): void {
    const file = this.#file(id);
    const seen = this.#seen.get(id);
    const stamp = readStamp(file) === seen ? replaceFile(file, contentOf(stored), durable, seen) : undefined;
    if (stamp !== undefined) {
      this.#seen.set(id, stamp);
      this.#seenTitles.set(id, stored.conversation.title);
      if (seen === undefined) this.#pruning = this.#pruning.then(() => this.#prune());
    } else if (fs.existsSync(file) && !this.#merge(id, stored, durable)) {
      this.#copy(id, stored);
    }
  }

  /** False where the windows have parted. */
  #merge(id: string, stored: StoredConversation, durable: boolean): boolean {
    const file = this.#file(id);
    const theirs = readOrNone(id, file);
    const merged = theirs && mergeChats(stored, theirs, this.#seenTitles.get(id));
    const stamp = merged && replaceFile(file, contentOf(merged), durable, theirs.stamp);
    if (!merged || stamp === undefined) return false;
    const { title } = merged.conversation;
    this.#seenTitles.set(id, title);
    // Where the other window has gone on, this one knows the beginning alone: the file stays one that it has not seen.
    if (merged.isAhead) this.#seen.set(id, stamp);
    if (title !== undefined) this.onRenamed(id, title);
    return true;
  }

  /** Another window has gone on with the conversation: what it wrote stays, and this window's becomes one of its own. */
  #copy(id: string, stored: StoredConversation): void {
    const copyId = randomUUID();
    const stamp = replaceFile(this.#file(copyId), contentOf(stored), true, undefined);
    if (stamp !== undefined) this.#seen.set(copyId, stamp);
    this.onCopied(id, copyId);
  }

  /** Tells the user of the second failure in a row: the first may come from a program that looks at a new file. */
  #fail(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#options.log.warn(`A chat could not be written: ${reason.message}`);
    this.#failures++;
    if (this.#failures === 1) this.#timer ??= setTimeout(() => this.#write(true), saveInterval);
    if (this.#failures === 2) this.#options.onFailure(reason);
  }

  /** Deletes all but the newest and those that have a title, and what killed processes left half written. */
  async #prune(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      const stamps = new Map((await this.#findIds()).map((id) => [id, readStamp(this.#file(id))]));
      const untitled = (await this.list()).filter(({ conversation }) => conversation.title === undefined);
      for (const { conversation } of untitled.slice(keptConversations)) {
        const { id } = conversation;
        // Another window may have gone on with it since.
        if (readStamp(this.#file(id)) === stamps.get(id)) this.delete(id);
      }
      for (const name of await fs.promises.readdir(folder)) {
        const file = path.join(folder, name);
        if (!name.endsWith(".tmp") || Date.now() - fs.statSync(file).mtimeMs < longestWrite) continue;
        fs.rmSync(file, { force: true });
      }
    } catch (error) {
      log.warn(`Old chats could not be deleted: ${String(error)}`);
    }
  }

  async #findIds(): Promise<readonly string[]> {
    const entries = await fs.promises.readdir(this.#options.folder, { withFileTypes: true }).catch((error: unknown) => {
      if (!isMissing(error)) this.#options.log.warn(`The folder of chats could not be read: ${String(error)}`);
      return [];
    });
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => path.parse(name));
    return names.filter(({ name, ext }) => ext === ".json" && chatIdPattern.test(name)).map(({ name }) => name);
  }

  #file(id: string): string {
    return path.join(this.#options.folder, `${id}.json`);
  }

  /** In the background: a list may be many files. */
  async #read(id: string): Promise<StoredConversation | undefined> {
    try {
      return parseChat(id, await fs.promises.readFile(this.#file(id), "utf8"));
    } catch (error) {
      this.#skip(id, error);
      return undefined;
    }
  }

  /** A file that cannot be used stays where it is. The log names it once. */
  #skip(id: string, error: unknown): void {
    if (isMissing(error) || this.#skipped.has(id)) return;
    this.#skipped.add(id);
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.log.warn(`The chat in ${this.#file(id)} was left out. ${reason}`);
  }
}

function contentOf({ conversation, changed }: StoredConversation): string {
  return chatContent(changed, conversation.messages, conversation.title);
}

function readOrNone(id: string, file: string): (StoredConversation & { readonly stamp: string }) | undefined {
  try {
    const { text, stamp } = readStamped(file);
    return { ...parseChat(id, text), stamp };
  } catch {
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === "ENOENT";
}

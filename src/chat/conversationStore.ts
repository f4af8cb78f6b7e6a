// The workspace's conversations, kept in VS Code's storage across reloads.

import { restoredConversation } from "../shared/conversation.ts";
import type { Conversation } from "../shared/protocol.ts";

/** The part of `vscode.Memento` that is needed. */
export interface Storage {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

export interface StoredConversation {
  readonly conversation: Conversation;
  /** Time of the last change, in milliseconds since 1970. */
  readonly changed: number;
}

interface Stored {
  /** The id of the conversation that was open; it is not in the list when it was empty. */
  readonly open: string;
  /** Newest first. */
  readonly conversations: readonly StoredConversation[];
}

const storageKey = "falcon.conversations";
const keptConversations = 50;
/** While an answer streams a crash loses at most this many milliseconds of it. */
const saveInterval = 1000;

export class ConversationStore {
  readonly #storage: Storage;
  #stored: Stored;
  #timer: NodeJS.Timeout | undefined;

  constructor(storage: Storage) {
    this.#storage = storage;
    const { open, conversations } = (storage.get(storageKey) as Stored | undefined) ?? { open: "", conversations: [] };
    const restored = conversations.map(({ conversation, changed }) => ({
      conversation: restoredConversation(conversation),
      changed,
    }));
    this.#stored = { open, conversations: restored };
  }

  /** Newest first. */
  get conversations(): readonly StoredConversation[] {
    return this.#stored.conversations;
  }

  /** The conversation that was open when the window closed. */
  get lastOpen(): Conversation | undefined {
    return this.find(this.#stored.open);
  }

  find(id: string): Conversation | undefined {
    return this.#stored.conversations.find(({ conversation }) => conversation.id === id)?.conversation;
  }

  /** Takes over the open conversation, and writes it now or within a second. An empty one is not kept. */
  save(conversation: Conversation, when: "now" | "soon"): void {
    const others = this.#stored.conversations.filter((stored) => stored.conversation.id !== conversation.id);
    const conversations =
      conversation.messages.length === 0
        ? others
        : [{ conversation, changed: Date.now() }, ...others].slice(0, keptConversations);
    this.#stored = { open: conversation.id, conversations };
    if (when === "now") this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), saveInterval);
  }

  /** Remembers which conversation is open without changing its place in the list. */
  open(id: string): void {
    this.#stored = { ...this.#stored, open: id };
    this.flush();
  }

  delete(id: string): void {
    const conversations = this.#stored.conversations.filter(({ conversation }) => conversation.id !== id);
    this.#stored = { ...this.#stored, conversations };
    this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#storage.update(storageKey, this.#stored);
  }
}

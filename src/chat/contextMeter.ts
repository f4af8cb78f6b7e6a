// Tells the page how full the model's context is with what is being written.

import { contextUseRequest } from "../shared/methods.ts";
import { statusOf } from "../shared/modelRoles.ts";
import type { Message, ToWebview } from "../shared/chat.ts";
import type { ServerClient } from "../server/client.ts";
import type { Chat } from "./chat.ts";

/** Milliseconds without a change after which it is counted. */
const restTime = 200;

/** Characters of earlier messages, for each token of the context, beyond which nothing can fit. */
const charactersPerToken = 16;

export class ContextMeter {
  readonly #chat: () => Chat;
  readonly #server: Pick<ServerClient, "ask" | "status">;
  readonly #post: (message: ToWebview) => void;
  #draft = "";
  #timer: NodeJS.Timeout | undefined;
  #counting: AbortController | undefined;

  constructor(chat: () => Chat, server: Pick<ServerClient, "ask" | "status">, post: (message: ToWebview) => void) {
    this.#chat = chat;
    this.#server = server;
    this.#post = post;
  }

  get draft(): string {
    return this.#draft;
  }

  set draft(draft: string) {
    this.#draft = draft;
    this.refresh();
  }

  /** Counts again when nothing has changed for a moment. */
  refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#count(), restTime);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#counting?.abort();
  }

  async #count(): Promise<void> {
    this.#counting?.abort();
    const { attachments, conversation } = this.#chat();
    const isEmpty = conversation.messages.length === 0 && attachments.length === 0 && this.#draft === "";
    const status = statusOf(this.#server.status, "chat");
    if (isEmpty || status.state !== "ready" || status.unloaded) {
      this.#post({ type: "contextUse" });
      return;
    }
    const question = { id: "", role: "user", text: this.#draft, attachments } as const;
    const messages = [...newest(conversation.messages, charactersPerToken * status.model.contextSize), question];
    const { signal } = (this.#counting = new AbortController());
    // Where it cannot be counted the page shows no number; what is wrong is told elsewhere.
    const use = await this.#server.ask(contextUseRequest, { messages }, signal).catch(() => null);
    if (!signal.aborted) this.#post({ type: "contextUse", ...(use && { use }) });
  }
}

/** The newest messages that have together about so many characters; those before them cannot fit into the context. */
function newest(messages: readonly Message[], most: number): readonly Message[] {
  let length = 0;
  let first = messages.length;
  while (first > 0 && length < most) length += lengthOf(messages[--first]);
  return messages.slice(first);
}

function lengthOf(message: Message | undefined): number {
  const attachments = message && "attachments" in message ? message.attachments : [];
  return attachments.reduce((sum, { text }) => sum + text.length, message?.text.length ?? 0);
}

// The open conversation: sending, stopping, asking again, and what is attached to the next message.

import { randomUUID } from "node:crypto";

import { emptyConversation, reduceConversation } from "../shared/conversation.ts";
import type {
  AnswerState,
  Attachment,
  ChatCommand,
  ChatParams,
  ChatResult,
  Conversation,
  ConversationEvent,
  Message,
} from "../shared/chat.ts";
import type { Problem } from "../shared/status.ts";
import { coalesce, type Coalescer } from "./coalesce.ts";
import type { ConversationStore } from "./conversationStore.ts";

/** How an answer ended. */
export interface AnswerEnd {
  readonly state: Exclude<AnswerState, "streaming">;
  readonly problem?: Problem;
  readonly notes?: readonly string[];
  readonly length?: number;
}

export interface ChatDependencies {
  readonly store: ConversationStore;
  readonly answer: (params: ChatParams, onDelta: (text: string) => void, signal: AbortSignal) => Promise<ChatResult>;
  readonly endOfFailedAnswer: (error: unknown) => AnswerEnd;
  readonly onEvent: (event: ConversationEvent) => void;
  readonly onAttachments: (attachments: readonly Attachment[]) => void;
  /** Another conversation is open. */
  readonly onOpened: () => void;
  /** Another window has gone on with the open conversation, so that this window's is one of its own from now on. */
  readonly onCopied: () => void;
}

/** An answer that is being written. */
interface Run {
  readonly answerId: string;
  readonly controller: AbortController;
  readonly deltas: Coalescer;
}

const answerStates = {
  end: "done",
  limit: "truncated",
  aborted: "stopped",
  interrupted: "interrupted",
} as const satisfies Record<ChatResult["stopReason"], AnswerState>;

function endOf({ stopReason, notes, problem, length }: ChatResult): AnswerEnd {
  return {
    state: answerStates[stopReason],
    ...(notes && { notes }),
    ...(problem && { problem }),
    ...(length !== undefined && { length }),
  };
}

/** One frame of the screen. */
const frame = 16;

export class Chat {
  readonly #dependencies: ChatDependencies;
  #conversation: Conversation;
  #attachments: readonly Attachment[] = [];
  #run: Run | undefined;

  constructor(dependencies: ChatDependencies) {
    this.#dependencies = dependencies;
    this.#conversation = dependencies.store.lastOpen ?? emptyConversation(randomUUID());
    dependencies.store.onCopied = (id, copyId) => {
      if (id !== this.#conversation.id) return;
      this.#conversation = { ...this.#conversation, id: copyId };
      dependencies.store.remember(copyId);
      dependencies.onCopied();
    };
    dependencies.store.onRenamed = (id, title) => {
      if (id === this.#conversation.id) this.#conversation = { ...this.#conversation, title };
    };
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  /** What will go with the next message. */
  get attachments(): readonly Attachment[] {
    return this.#attachments;
  }

  send(text: string): void {
    const attachments = this.#attachments;
    this.#setAttachments([]);
    this.#ask(text, attachments);
  }

  /** Asks about these attachments alone; those of the message that is being written stay. */
  ask(text: string, attachments: readonly Attachment[]): void {
    this.#ask(text, attachments);
  }

  /** Asks what the command stands for of a piece of code. */
  command(command: ChatCommand, attachment: Attachment): void {
    this.#ask("", [attachment], command);
  }

  /** Ends the running answer at once; what is written of it stays. */
  stop(): void {
    if (this.#run) this.#end(this.#run, { state: "stopped" });
  }

  /** Asks again for the last answer, and for this time with another temperature than the setting's. */
  retry(temperature?: number): void {
    const last = this.#conversation.messages.at(-1);
    if (last?.role !== "assistant") return;
    this.stop();
    this.#apply({ type: "retried", answerId: last.id });
    void this.#answer(last.id, this.#conversation.messages.slice(0, -1), temperature);
  }

  /**
   * Asks a question in other words. Answers to later ones are answers to something else: unless it is the last question,
   * that goes on in a chat of its own, and this one stays as it was.
   */
  resend(id: string, text: string): void {
    const { messages } = this.#conversation;
    const index = messages.findIndex((message) => message.id === id);
    const question = messages[index];
    if (question?.role !== "user") return;
    const isLast = index === messages.length - 2;
    const chatId = isLast ? this.#conversation.id : randomUUID();
    this.#replace({ ...this.#conversation, id: chatId, messages: messages.slice(0, index) });
    this.#ask(text, question.attachments, question.command);
  }

  /** Goes on from an answer in a chat of its own. */
  branch(id: string): void {
    this.stop();
    const { messages } = this.#conversation;
    const index = messages.findIndex((message) => message.id === id);
    if (index < 0) return;
    this.#replace({ ...this.#conversation, id: randomUUID(), messages: messages.slice(0, index + 1) });
    this.#dependencies.store.save(this.#conversation, "ended");
  }

  /** Gives a chat a title. False when it is no longer there. */
  rename(id: string, title: string): boolean {
    const { store } = this.#dependencies;
    if (id !== this.#conversation.id) return store.rename(id, title);
    this.#conversation = { ...this.#conversation, title };
    if (this.#conversation.messages.length > 0) store.save(this.#conversation, "ended");
    return true;
  }

  newChat(): void {
    this.#replace(emptyConversation(randomUUID()));
  }

  /** Opens a conversation as its file has it. False when there is none that can be read. */
  open(id: string): boolean {
    const { store } = this.#dependencies;
    if (id === this.#conversation.id && !store.hasChanged(id)) return true;
    this.stop();
    const conversation = store.find(id);
    if (conversation) this.#replace(conversation);
    return conversation !== undefined;
  }

  delete(id: string): void {
    if (id === this.#conversation.id) this.newChat();
    this.#dependencies.store.delete(id);
  }

  /** The same piece of the same document is attached once, as it is now. */
  attach(attachment: Attachment): void {
    const others = this.#attachments.filter(({ uri, label }) => uri !== attachment.uri || label !== attachment.label);
    this.#setAttachments([...others, attachment]);
  }

  removeAttachment(id: string): void {
    this.#setAttachments(this.#attachments.filter((attachment) => attachment.id !== id));
  }

  /** An attachment of the next message or of one in the conversation. */
  findAttachment(id: string): Attachment | undefined {
    return [...this.#attachments, ...this.sentAttachments].find((attachment) => attachment.id === id);
  }

  /** What went with the questions, the oldest first. */
  get sentAttachments(): readonly Attachment[] {
    return this.#conversation.messages.flatMap((message) => (message.role === "user" ? message.attachments : []));
  }

  dispose(): void {
    if (this.#run) this.#end(this.#run, { state: "interrupted" });
    void this.#dependencies.store.flush();
  }

  #ask(text: string, attachments: readonly Attachment[], command?: ChatCommand): void {
    this.stop();
    const answerId = randomUUID();
    const message = { id: randomUUID(), role: "user", text, attachments, ...(command && { command }) } as const;
    this.#apply({ type: "asked", message, answerId });
    void this.#answer(answerId, this.#conversation.messages.slice(0, -1));
  }

  async #answer(answerId: string, messages: readonly Message[], temperature?: number): Promise<void> {
    const deltas = coalesce(frame, (text) => this.#apply({ type: "delta", answerId, text }));
    const run: Run = { answerId, controller: new AbortController(), deltas };
    this.#run = run;
    const onDelta = (text: string) => {
      if (this.#run === run) deltas.push(text);
    };
    try {
      const params = {
        messages,
        partialResultToken: randomUUID(),
        ...(temperature !== undefined && { temperature }),
      };
      this.#end(run, endOf(await this.#dependencies.answer(params, onDelta, run.controller.signal)));
    } catch (error) {
      if (this.#run === run) this.#end(run, this.#dependencies.endOfFailedAnswer(error));
    }
  }

  /** Does nothing when the run has ended before. */
  #end(run: Run, end: AnswerEnd): void {
    if (this.#run !== run) return;
    run.deltas.flush();
    this.#run = undefined;
    run.controller.abort();
    this.#apply({ type: "ended", answerId: run.answerId, ...end });
  }

  #apply(event: ConversationEvent): void {
    this.#conversation = reduceConversation(this.#conversation, event);
    this.#dependencies.store.save(this.#conversation, event.type);
    this.#dependencies.onEvent(event);
  }

  #replace(conversation: Conversation): void {
    this.stop();
    this.#conversation = conversation;
    this.#dependencies.store.remember(conversation.id);
    this.#dependencies.onOpened();
  }

  #setAttachments(attachments: readonly Attachment[]): void {
    this.#attachments = attachments;
    this.#dependencies.onAttachments(attachments);
  }
}

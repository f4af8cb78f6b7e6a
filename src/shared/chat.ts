// What a chat is made of, and what its page, the extension host and the language server say of it, as types. Nothing here runs.

import type { ContextUse, Offer } from "./chatContext.ts";
import type { ModelRole } from "./modelRoles.ts";
import type { ModelStatus, Problem, ProblemAction } from "./status.ts";
import type { Tool, ToolCall } from "./tools.ts";

/** Text of a document that goes with a message. `range` is absent for a whole file; its lines count from 0. */
export interface Attachment {
  readonly id: string;
  /** Short name for a chip, such as `main.ts:12-20`. */
  readonly label: string;
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
  readonly range?: { readonly startLine: number; readonly endLine: number };
  /** A codicon's name, where it is no piece of a document but was gathered, such as from a folder. */
  readonly icon?: string;
  /** What was left out of it, in the user's language, if anything was. */
  readonly leftOut?: string;
}

/** A command that stands for the words of a message; the server knows the prompt. */
export type ChatCommand = "explain" | "document";

export interface UserMessage {
  readonly id: string;
  readonly role: "user";
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly command?: ChatCommand;
}

/** How an answer stands. `truncated`: the answer reached its token limit. `interrupted`: the server or the editor ended while it ran. */
export type AnswerState = "streaming" | "done" | "truncated" | "stopped" | "interrupted" | "failed";

export interface AnswerMessage {
  readonly id: string;
  readonly role: "assistant";
  readonly text: string;
  readonly state: AnswerState;
  /** Why it failed, or why the model was not asked. */
  readonly problem?: Problem;
  /** Of `ChatResult`. */
  readonly notes?: readonly string[];
}

export type Message = UserMessage | AnswerMessage;

export interface Conversation {
  readonly id: string;
  /** As the user has named it; its first question names it unless given. */
  readonly title?: string;
  readonly messages: readonly Message[];
}

/** A turn of a conversation in its own words: what clients send that have no messages of the kinds above. */
export interface ChatTurn {
  /** A client's own `system` text takes the place of the assistant's. `tool`: what a tool gave that was called. */
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly text: string;
  /** The tools that the assistant called. */
  readonly toolCalls?: readonly ToolCall[];
}

/** Parameters of `falcon/chat`. The last message is the user's, or a tool's. */
export interface ChatParams {
  readonly messages: readonly (Message | ChatTurn)[];
  /** Deltas of the answer come as `$/progress` with this token. */
  readonly partialResultToken: string;
  /** Milliseconds after which the answer ends with what there is, as at its limit; as long as it takes unless given. */
  readonly deadline?: number;
  /** Takes the place of the setting's. */
  readonly temperature?: number;
  /** Whose model answers; the chat's unless given. */
  readonly role?: ModelRole;
  /**
   * The tools that the model may call, where its format has tools. With them, also with none of them, the deltas are what the
   * answer says alone: what the model thinks is left out, and its calls are in the result.
   */
  readonly tools?: readonly Tool[];
}

export interface ChatResult {
  /** `interrupted`: the model's process ended; it is started again. */
  readonly stopReason: "end" | "limit" | "aborted" | "interrupted";
  /** How many of the oldest turns did not fit into the model's context and were left out. */
  readonly leftOut: number;
  /** What the user should know of the answer, in their language, if anything. */
  readonly notes?: readonly string[];
  /** Why the model was not asked, and what mends that. */
  readonly problem?: Problem;
  /** How many characters of the answer count, where the rest of it is of no use. */
  readonly length?: number;
  /** The tools that the model wants to call. */
  readonly toolCalls?: readonly ToolCall[];
}

/** One change of a conversation, folded by `reduceConversation` in the host and in the page. */
export type ConversationEvent =
  /** The user's message and the id of the answer that now begins. */
  | { readonly type: "asked"; readonly message: UserMessage; readonly answerId: string }
  /** The answer begins again from nothing, in the place of the old one. */
  | { readonly type: "retried"; readonly answerId: string }
  | { readonly type: "delta"; readonly answerId: string; readonly text: string }
  | {
      readonly type: "ended";
      readonly answerId: string;
      readonly state: Exclude<AnswerState, "streaming">;
      readonly problem?: Problem;
      readonly notes?: readonly string[];
      readonly length?: number;
    };

/** Host to page. The page gets a whole `state` when it says `ready`, and changes after that. */
export type ToWebview =
  | {
      readonly type: "state";
      readonly conversation: Conversation;
      readonly status: ModelStatus;
      readonly attachments: readonly Attachment[];
    }
  | { readonly type: "event"; readonly event: ConversationEvent }
  | { readonly type: "status"; readonly status: ModelStatus }
  /** What will go with the next message. */
  | { readonly type: "attachments"; readonly attachments: readonly Attachment[] }
  | { readonly type: "focus" }
  /** What the composer may offer for what is written in it from `@` or `/` on. */
  | { readonly type: "offers"; readonly query: string; readonly offers: readonly Offer[] }
  /** Names of answers that are files or symbols of the workspace. */
  | { readonly type: "places"; readonly names: readonly string[] }
  /** How full the model's context is with what is written; undefined where that is not known. */
  | { readonly type: "contextUse"; readonly use?: ContextUse }
  /** How a request ended: why it was refused, or that it was accepted. */
  | { readonly type: "reply"; readonly request: number; readonly refusal?: string };

/** Page to host. Untrusted: the host validates each (src/chat/webviewMessages.ts). */
export type FromWebview = PageNotice | (PageRequest & { readonly request: number });

/** What the page says and needs no reply to. */
export type PageNotice =
  | { readonly type: "ready" }
  /** What is written, so that it counts in `contextUse`. */
  | { readonly type: "draft"; readonly text: string }
  /** Asks for `places`: these may be files and symbols of the workspace. */
  | { readonly type: "findPlaces"; readonly names: readonly string[] };

/** What the page asks of the host. With its number goes a reply, and until then the page keeps what the user wrote. */
export type PageRequest =
  | { readonly type: "send"; readonly text: string }
  | { readonly type: "stop" }
  /** Ask again for the last answer. */
  | { readonly type: "retry" }
  /** The same, with another temperature or model, which the host asks for. */
  | { readonly type: "retryWith" }
  /** Ask a question again in other words. */
  | { readonly type: "resend"; readonly id: string; readonly text: string }
  /** Go on from an answer in a chat of its own. */
  | { readonly type: "branch"; readonly id: string }
  /** For the selection, or the function at the cursor. */
  | { readonly type: "command"; readonly command: ChatCommand }
  /** Ghost text at the cursor. */
  | { readonly type: "completeLine" }
  | { readonly type: "copyCode"; readonly code: string }
  | { readonly type: "insertCode"; readonly code: string }
  /** Proposes the code for the file that the user works in. */
  | { readonly type: "applyCode"; readonly code: string }
  | { readonly type: "newFile"; readonly code: string; readonly language: string }
  | { readonly type: "runCode"; readonly code: string }
  /** Opens a file or symbol of the workspace by its name. */
  | { readonly type: "openPlace"; readonly name: string }
  /** Asks for `offers`. */
  | { readonly type: "findOffers"; readonly query: string }
  | { readonly type: "chooseOffer"; readonly id: string }
  | { readonly type: "attachSelection" }
  | { readonly type: "attachFile" }
  | { readonly type: "removeAttachment"; readonly id: string }
  | { readonly type: "openAttachment"; readonly id: string }
  | { readonly type: "openLink"; readonly href: string }
  | { readonly type: "act"; readonly action: ProblemAction };

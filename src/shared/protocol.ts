// Everything that crosses a process boundary, as types. Nothing here runs.

/** What the extension host reads from the user's configuration and pushes to the language server. */
export interface ServerSettings {
  readonly model: {
    /** Absolute path of a GGUF file; empty when the user has chosen none. */
    readonly path: string;
    /** Tokens per sequence; clamped to what the model was trained on. */
    readonly contextSize: number;
    readonly gpu: "auto" | "metal" | "vulkan" | "off";
    /** Threads for evaluation; 0 chooses by the number of physical cores. */
    readonly threads: number;
  };
  readonly inlineCompletion: {
    /** Milliseconds of silence before a completion is asked of the model. */
    readonly debounce: number;
    readonly maxTokens: number;
  };
  readonly chat: {
    readonly maxTokens: number;
    /** 0 is greedy. */
    readonly temperature: number;
  };
}

/** `initializationOptions` of the language server. */
export interface InitializationOptions {
  readonly settings: ServerSettings;
  /** Contents of the message bundle of the editor's language; absent for English. */
  readonly messages?: Readonly<Record<string, string>>;
}

/** What the user can do about a problem. Each is one button. */
export type ProblemAction = "selectModel" | "restartServer" | "showLog" | "retry";

/** A failure that the user can mend, already worded in the user's language. */
export interface Problem {
  readonly message: string;
  readonly action?: ProblemAction;
}

export interface ModelInfo {
  /** `general.name` of the GGUF file, else its file name. */
  readonly name: string;
  readonly path: string;
  /** `general.architecture`: falcon, llama, falcon-h1 or mamba. */
  readonly architecture: string;
  /** Tokens per sequence in use. */
  readonly contextSize: number;
  /** Whether the vocabulary has fill-in-the-middle tokens. */
  readonly infill: boolean;
  /** "CPU", or the backend's name. */
  readonly device: string;
  readonly gpuLayers: number;
}

export type ServerStatus =
  | { readonly state: "noModel" }
  /** `progress` runs from 0 to 1. */
  | { readonly state: "loading"; readonly model: string; readonly progress: number }
  | { readonly state: "ready"; readonly model: ModelInfo; readonly generating: boolean }
  | { readonly state: "failed"; readonly model: string; readonly problem: Problem };

/** What a model file says of itself, read without loading it. */
export interface ModelFileInfo {
  readonly name: string;
  readonly architecture: string;
  /** Bytes. */
  readonly size: number;
  /** Tokens the model was trained on. */
  readonly contextLength: number;
}

/** Text of a document that goes with a message. `range` is absent for a whole file; its lines count from 0. */
export interface Attachment {
  readonly id: string;
  /** Short name for a chip, such as `main.ts:12-20`. */
  readonly label: string;
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
  readonly range?: { readonly startLine: number; readonly endLine: number };
}

/** A command that stands for the words of a message; the server knows the prompt. */
export type ChatCommand = "explain";

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
  readonly problem?: Problem;
}

export type Message = UserMessage | AnswerMessage;

export interface Conversation {
  readonly id: string;
  readonly messages: readonly Message[];
}

/** Parameters of `falcon/chat`. The last message is the user's. */
export interface ChatParams {
  readonly messages: readonly Message[];
  /** Deltas of the answer come as `$/progress` with this token. */
  readonly partialResultToken: string;
}

export interface ChatResult {
  /** `interrupted`: the model's process ended; it is started again. */
  readonly stopReason: "end" | "maxTokens" | "aborted" | "interrupted";
  /** How many of the oldest messages did not fit into the model's context and were left out. */
  readonly leftOut: number;
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
    };

/** Host to page. The page gets a whole `state` when it says `ready`, and changes after that. */
export type ToWebview =
  | {
      readonly type: "state";
      readonly conversation: Conversation;
      readonly status: ServerStatus;
      readonly attachments: readonly Attachment[];
    }
  | { readonly type: "event"; readonly event: ConversationEvent }
  | { readonly type: "status"; readonly status: ServerStatus }
  /** What will go with the next message. */
  | { readonly type: "attachments"; readonly attachments: readonly Attachment[] }
  | { readonly type: "focus" };

/** Page to host. Untrusted: the host validates each (src/chat/webviewMessages.ts). */
export type FromWebview =
  | { readonly type: "ready" }
  | { readonly type: "send"; readonly text: string }
  | { readonly type: "stop" }
  /** Ask again for the last answer. */
  | { readonly type: "retry" }
  | { readonly type: "copyCode"; readonly code: string }
  | { readonly type: "insertCode"; readonly code: string }
  | { readonly type: "attachSelection" }
  | { readonly type: "attachFile" }
  | { readonly type: "removeAttachment"; readonly id: string }
  | { readonly type: "openAttachment"; readonly id: string }
  | { readonly type: "openLink"; readonly href: string }
  | { readonly type: "act"; readonly action: ProblemAction };

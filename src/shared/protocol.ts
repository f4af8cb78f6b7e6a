// Everything that crosses a process boundary, as types. Nothing here runs.

import type { ContextUse, Offer } from "./chatContext.ts";
import type { ModelsSettings, NetworkSettings } from "./downloads.ts";
import type { ModelRole } from "./modelRoles.ts";
import type { Tool, ToolCall } from "./tools.ts";

/** What the extension host reads from the user's configuration and pushes to the language server. */
export interface ServerSettings {
  readonly model: {
    /**
     * Absolute path of a GGUF file: the user's, or the demonstration model's while the user has chosen none. Ghost text and
     * the chat run on it, unless they name another.
     */
    readonly path: string;
    /** Tokens per sequence; clamped to what the model was trained on. */
    readonly contextSize: number;
    readonly gpu: "auto" | "metal" | "vulkan" | "cuda" | "off";
    /** Threads for evaluation; 0 chooses by the number of physical cores. */
    readonly threads: number;
    /** Minutes without a request after which the model leaves memory until the next one; never at 0, and unless given. */
    readonly idleUnloadMinutes?: number;
    /** Layers that GPUs run; as many as fit unless given. */
    readonly gpuLayers?: number;
    /** How the context is stored; unless given, in 16 bits where they fit into the memory, else in 8. */
    readonly kvCache?: "auto" | "f16" | "q8_0";
    /** LoRA adapters, by the path of the model that they were made for. */
    readonly adapters?: Readonly<Record<string, readonly Adapter[]>>;
    /** Contexts on disk, for a start that is warm: kept in the folder, or else deleted with it. None unless given. */
    readonly promptCache?: { readonly folder: string; readonly keep: boolean };
    /** File in which is remembered what was measured of models on this machine; nothing is measured unless given. */
    readonly measurements?: string;
    /** Whether all clients of this user share one process for each model; they do unless it is false. */
    readonly shared?: boolean;
  };
  readonly inlineCompletion: {
    /** The longest pause after a key before a completion is asked of the model, in milliseconds. */
    readonly debounce: number;
    readonly maxTokens: number;
    /** Milliseconds after which an unasked suggestion of several lines ends with the line that is being written; none unless given. */
    readonly timeLimit?: number;
    /** Which suggestions are shown by themselves: `balanced` unless given. */
    readonly suggestions?: Suggestions;
    /** Whether comments and strings are completed unasked: they are unless given. */
    readonly comments?: ByLanguage;
    readonly strings?: ByLanguage;
    /** `auto` unless given. */
    readonly infill?: InfillOrder;
    /** Pieces of other files in a prompt, at most; 8 unless given. */
    readonly snippets?: number;
    /** The model that writes them, as an absolute path; `model.path` unless given. */
    readonly model?: string;
    /** Takes the place of `backend`. */
    readonly backend?: string;
  };
  readonly chat: {
    readonly maxTokens: number;
    /** 0 is greedy. */
    readonly temperature: number;
    /** The model that answers, as an absolute path; `model.path` unless given. */
    readonly model?: string;
    /** Takes the place of `backend`. */
    readonly backend?: string;
  };
  /** Servers elsewhere that run models. */
  readonly servers?: readonly RemoteServer[];
  /** Why servers cannot be used, by their names: the language server itself finds that out. */
  readonly wrongServers?: Readonly<Record<string, string>>;
  /** The name of the one that ghost text and the chat run on, unless they name another; `local`, which is this machine, unless given. */
  readonly backend?: string;
  /** Globs of files that are never completed, read along or saved with what the model has read (`matchExcludedFiles`). */
  readonly excludedFiles: readonly string[];
  /** Where models come from and are kept; no model is downloaded unless given. */
  readonly models?: ModelsSettings;
  /** How the network is reached; as the environment says unless given. */
  readonly network?: NetworkSettings;
  /** Whether files of the workspace folders may be read that are not open, as the user trusts them; not unless given. Where it is false, nothing is sent to a server elsewhere either. */
  readonly readWorkspace?: boolean;
  /** Where spans of requests are sent, as the base of OTLP's addresses; what the environment says unless given. */
  readonly openTelemetry?: { readonly endpoint?: string };
}

/** A server elsewhere that runs a model. */
export interface RemoteServer {
  readonly name: string;
  /** Where it listens, such as http://gpubox:8080. */
  readonly address: string;
  /** What it speaks. `endpoint`: an Inference Endpoint of Hugging Face, which tells what it speaks, and may be asleep. */
  readonly kind: ServerKind;
  /** Which of its models; its only one unless given. */
  readonly model?: string;
}

export type ServerKind = "llama-server" | "vllm" | "openai" | "tgi" | "endpoint";

/**
 * Where the text after the cursor stands in a prompt, of a model that can infill. `auto`: as it was trained; `none`: nowhere,
 * the model continues the text before the cursor.
 */
export type InfillOrder = "auto" | "prefixFirst" | "suffixFirst" | "none";

/** A setting for documents of a language; that of `*` holds for all others. */
export type ByLanguage = Readonly<Record<string, boolean>>;

/** A LoRA adapter's file, and how much of its change is made: 1 is all of it. */
export interface Adapter {
  readonly path: string;
  readonly scale: number;
}

/** All, those that are likely to be right, those that are very likely to be, or none but on the user's command. */
export type Suggestions = "eager" | "balanced" | "quiet" | "onCommand";

/** `initializationOptions` of the language server. */
export interface InitializationOptions {
  readonly settings: ServerSettings;
  /** Contents of the message bundle of the editor's language; absent for English. */
  readonly messages?: Readonly<Record<string, string>>;
  /** Roles whose models are loaded at once, and not at the first use: what the server before this one had loaded. */
  readonly load?: readonly ModelRole[];
}

/** What the user can do about a problem. Each is one button. */
export type ProblemAction =
  | "selectModel"
  | "restartServer"
  | "showLog"
  | "retry"
  | "continueDownload"
  | "setHubToken"
  | "modelsFolder"
  | "hubSetting"
  | "registrySetting"
  | "proxySettings"
  | "localApiPort"
  | "setServerKey"
  | "serversSetting"
  | "manageTrust";

/** A failure that the user can mend, already worded in the user's language. */
export interface Problem {
  readonly message: string;
  readonly action?: ProblemAction;
}

export interface ModelInfo {
  /** `general.name` of the GGUF file, else its file name. */
  readonly name: string;
  readonly path: string;
  /** Whether `general.tags` say that it is only for demonstration, as the bundled model's do. */
  readonly demonstration: boolean;
  /** `general.architecture`: falcon, llama, falcon-h1 or mamba. */
  readonly architecture: string;
  /** Tokens per sequence in use. */
  readonly contextSize: number;
  /** How they are stored: in 16 bits, or in 8. */
  readonly kvCache: "f16" | "q8_0";
  /** Whether it may use flash attention: on a GPU where that has it, on a processor where memory is short. */
  readonly flashAttention: boolean;
  /** Contexts that it keeps side by side. */
  readonly sequences: number;
  /** Tokens of a prompt that it evaluates in a second, measured when it was loaded. */
  readonly promptRate: number;
  /** Whether the vocabulary has fill-in-the-middle tokens. */
  readonly infill: boolean;
  /** "CPU", or the backend's name. Empty while it was not loaded yet, and then what it takes is what was asked for. */
  readonly device: string;
  /** How many of the `layers` GPUs run. */
  readonly gpuLayers: number;
  readonly layers: number;
  /** What it runs on: the GPUs, and the CPU last. None while it was not loaded yet. */
  readonly devices: readonly DeviceInfo[];
  /** Why it runs on less than was wanted, in the user's language; absent when it does not. */
  readonly fallback?: string;
  /** The server that it runs on, to which text leaves this machine; absent where it runs on this one. */
  readonly remote?: RemotePlace;
}

/** `host`: with its port. `encrypted`: nobody on the way can read what goes there. */
export interface RemotePlace {
  readonly name: string;
  readonly host: string;
  readonly encrypted: boolean;
}

/** Memory is in bytes: what was free when the model was loaded, and all there is as far as that is known. */
export interface DeviceInfo {
  readonly kind: "cpu" | "gpu";
  readonly name: string;
  readonly free: number;
  readonly total?: number;
}

/** What became of ghost text, in numbers: nothing of the text. */
export interface CompletionFigures {
  /** Suggestions that were given to the editor to show; one that the user types into counts once. */
  readonly shown: number;
  /** Those of which something was accepted. */
  readonly accepted: number;
  /**
   * Characters that were accepted; those that were looked at half a minute and five minutes later, for which the window has to
   * stay open; and those that stood then.
   */
  readonly characters: number;
  readonly seenAfterHalfMinute: number;
  readonly keptAfterHalfMinute: number;
  readonly seenAfterFiveMinutes: number;
  readonly keptAfterFiveMinutes: number;
}

/** How a model runs. Speeds are of the latest generations; what cannot be told yet is absent. */
export interface ModelMetrics {
  /** Resident memory of the model process, in bytes. */
  readonly memory?: number;
  readonly tokensPerSecond?: number;
  /** Milliseconds from a request to its first token: the median. */
  readonly firstToken?: number;
  /** Part of the prompts, from 0 to 1, that was evaluated already. */
  readonly reused?: number;
  /** Tokens that it has evaluated since it was loaded: of prompts what was not reused, and what it wrote. */
  readonly evaluated?: number;
  /** Requests that run or wait. */
  readonly queue: number;
}

/** How the model stands that writes ghost text, and `chat` the one that answers, where that is another. */
export type ServerStatus = ModelStatus & { readonly chat?: ModelStatus };

export type ModelStatus =
  /** `progress` runs from 0 to 1. `note`: what another window or a server elsewhere is waited for, in the user's language. */
  | { readonly state: "loading"; readonly model: string; readonly progress: number; readonly note?: string }
  /**
   * `unloaded`: not asked for anything yet, or for so long that it left memory; the next request loads it. `preparing`: the
   * GPU's driver compiles its programs, once, for which requests may have to wait.
   */
  | {
      readonly state: "ready";
      readonly model: ModelInfo;
      readonly generating: boolean;
      readonly unloaded: boolean;
      readonly preparing?: boolean;
      /** What a server elsewhere is waited for, in the user's language. */
      readonly note?: string;
      readonly metrics: ModelMetrics;
    }
  | { readonly state: "failed"; readonly model: string; readonly problem: Problem };

/** What a model file says of itself, read without loading it. */
export interface ModelFileInfo {
  readonly name: string;
  readonly architecture: string;
  readonly parameters: number;
  /** The type of most of the weights, such as Q4_0 or F16. */
  readonly quantization: string;
  /** Whether it can write what goes between two texts. */
  readonly infill: boolean;
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

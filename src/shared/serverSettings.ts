// What the language server goes by: the settings that the extension host reads, and what it is told at its start, as types. Nothing
// here runs.

import type { ModelsSettings, NetworkSettings } from "./downloads.ts";
import type { ModelRole } from "./modelRoles.ts";

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
    readonly kvCache?: "auto" | "f32" | "f16" | "q8_0";
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
    /** Whether any are shown by themselves while the machine runs on its battery: they are unless given. */
    readonly onBattery?: boolean;
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

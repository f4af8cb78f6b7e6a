// How models and ghost text stand, and what failed, as types: what the language server tells its client. Nothing here runs.

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
  readonly kvCache: "f32" | "f16" | "q8_0";
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

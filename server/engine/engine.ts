// The interface between the assistant and what runs a model: a `ModelHost` loads it, a `Model` answers requests.

import type { Adapter, RemoteServer } from "../../src/shared/serverSettings.ts";
import type { ModelInfo } from "../../src/shared/status.ts";
import type { PlannedModel } from "./plan/shape.ts";

/**
 * A piece of a prompt: plain text, in which special tokens have no meaning, or one special token. Places are no text:
 * up to a `stable` one the prompts to come are likely to be the same; at the `cursor` the generated text goes on.
 */
export type PromptPart = string | SpecialToken | { readonly stable: true } | { readonly cursor: true } | TurnStart;

/** A turn of a conversation begins, for a model of which `ownFormat` says that its server puts them into the model's format. */
export interface TurnStart {
  readonly turn: "system" | "user" | "assistant" | "tool";
}

/** A special token by its spelling, or by its role where models spell it differently. */
export type SpecialToken = { readonly special: string } | { readonly role: "prefix" | "suffix" | "middle" | "eos" };

/** How urgent a request is: a completion is wanted at once, a chat is read as it comes, nobody waits for background work. */
export type Priority = "completion" | "chat" | "background";

/** How tokens are chosen. The defaults are llama.cpp's, but without its minP of 0.05. */
export interface Sampling {
  /** 0 is greedy: the likeliest token, and nothing of what follows but the penalty matters. */
  readonly temperature: number;
  /** Only so many of the likeliest tokens; 40 unless given, 1,000 at the most and for 0. */
  readonly topK?: number;
  /** Only the likeliest tokens that together have this probability; 0.95 unless given. */
  readonly topP?: number;
  /** Only tokens that have this part of the likeliest one's probability; 0 unless given. */
  readonly minP?: number;
  /** Divides the logits of the last 64 tokens; 1, which is off, unless given. */
  readonly repeatPenalty?: number;
  /** The same seed and prompt give the same text; random unless given. */
  readonly seed?: number;
}

export interface GenerateRequest extends Sampling {
  readonly priority: Priority;
  /** What it counts as, by OpenTelemetry's names; by its priority a chat or a completion, unless given. */
  readonly operation?: "chat" | "text_completion";
  readonly prompt: readonly PromptPart[];
  readonly maxTokens: number;
  /** Generation ends before any of these strings and special tokens; they are not part of the text. */
  readonly stop: readonly (string | SpecialToken)[];
  /** Milliseconds after which there is an end, with the text that there is. */
  readonly timeLimit?: number;
  /** How many texts to write after the one prompt, each with a seed of its own; 1 unless given. */
  readonly candidates?: number;
  /** A JSON schema that the text satisfies, unless it is cut by a limit. */
  readonly schema?: JsonSchema;
  /** Expect the text to repeat pieces of the prompt, as an edit does: faster if so. A greedy text is the same either way. */
  readonly repeatsPrompt?: boolean;
  /** Tell how likely each token of the first text was, where the temperature is 0 and the evaluator can. */
  readonly probabilities?: boolean;
  /** The prompt holds what must not be written to a disk: the prompt cache saves nothing of the request. */
  readonly private?: boolean;
  /** Whose request it is, where several share the model: those of equal priority get their turns by client. */
  readonly client?: string;
}

/** The parts of JSON Schema that the engine's grammars know. */
export type JsonSchema =
  | { readonly type: "string" | "number" | "integer" | "boolean" | "null" }
  | { readonly enum: readonly (string | number | boolean | null)[] }
  | { readonly type: "array"; readonly items: JsonSchema }
  | { readonly type: "object"; readonly properties: Readonly<Record<string, JsonSchema>> };

/**
 * `limit`: `maxTokens` or `timeLimit`. `aborted`: the signal fired; the text is what there was. `interrupted`: the model's
 * process ended.
 */
export type StopReason = "end" | "limit" | "aborted" | "interrupted";

/** A token of a text: where it ends there, and its probability among the likeliest few, from 0 to 1. */
export interface GeneratedToken {
  readonly end: number;
  readonly probability: number;
}

export interface Generation {
  readonly text: string;
  /** The texts of the candidates but the first. */
  readonly alternatives: readonly string[];
  /** Of the first text, where they were asked for. */
  readonly tokens?: readonly GeneratedToken[];
  readonly stopReason: StopReason;
  readonly usage: Usage;
}

export interface Usage {
  /** Tokens of the prompt. */
  readonly prompt: number;
  /** Those of the prompt that a sequence held already and that were not evaluated again. */
  readonly reused: number;
  /** Tokens of the text, and of its alternatives. */
  readonly generated: number;
  /** Those of the generated that speculation drafted from the prompt and the model accepted. */
  readonly accepted: number;
  /** Milliseconds from the request to its first token, if it came to one. */
  readonly firstToken?: number;
  /** Milliseconds from the request to its end. */
  readonly duration: number;
}

export interface ScoreRequest {
  readonly priority: Priority;
  readonly prompt: readonly PromptPart[];
  /** Texts whose probability after the prompt is asked for. */
  readonly continuations: readonly string[];
  /** How many tokens are evaluated at the most, without the last one: the prompt loses its first ones for it. */
  readonly longest?: number;
  /** Both as in a `GenerateRequest`. */
  readonly private?: boolean;
  readonly client?: string;
}

/** How likely a continuation is. */
export interface Score {
  /**
   * Natural logarithm of each token's probability given all before it. A token that spans the end of the prompt counts to
   * the continuation. The first token of all, where nothing is before it, has no probability and no entry.
   */
  readonly logProbabilities: readonly number[];
  /** Whether each of its tokens is the likeliest at its place. */
  readonly greedy: boolean;
  /** Tokens before the continuation that no sequence held yet. */
  readonly evaluated: number;
  /** Tokens that were left out of the prompt. */
  readonly cut?: number;
}

export type Backend = "cuda" | "metal" | "vulkan";

/**
 * A backend that was to be used but is not. `noBinary`: none that runs on this system. `notDownloaded`: none of this version, of
 * CUDA. `noLibraries`: there is an NVIDIA GPU with its driver, which finds no libraries for Vulkan.
 */
export interface PassedOver {
  readonly backend: Backend;
  readonly cause: "noDriver" | "noBinary" | "notDownloaded" | "noDevice" | "noLibraries";
}

/** What a loaded model is, as far as prompts depend on it. */
export interface LoadedModel extends ModelInfo {
  /** The backends that would have been taken before this one. */
  readonly passedOver: readonly PassedOver[];
  /** Which of `LoadRequest.markers` are single special tokens of its vocabulary. */
  readonly markers: readonly string[];
  /** Its server knows the format of its chat, and nobody else does. */
  readonly ownFormat?: true;
}

/** How the keys and values of a context are stored: floats of 32 or 16 bits, or 8 bits in blocks with a scale. */
export type KvCache = ModelInfo["kvCache"];

/** Which model to load, and how: what the loaded model depends on, and nothing else. */
export interface LoadPlan {
  /** Absolute path of a GGUF file, or of the first part of a split one. */
  readonly path: string;
  /** Tokens per sequence; clamped to what the model was trained on. */
  readonly contextSize: number;
  /** `auto` is Metal or Vulkan, as the platform has. */
  readonly gpu: "auto" | Backend | "off";
  /** Where CUDA's binaries were downloaded to. */
  readonly cudaFolder?: string;
  /** Layers that GPUs run; as many as fit unless given. */
  readonly gpuLayers?: number;
  /** The part of the GPUs' memory that may be used, from 0 to 1; all of it unless given. */
  readonly vramShare?: number;
  /** Threads for evaluation; 0 chooses by the number of physical cores. */
  readonly threads: number;
  /** How the context is stored; unless given, in 16 bits where they fit into the memory, else in 8. */
  readonly kvCache?: "auto" | KvCache;
  /** LoRA adapters, which change the model together. */
  readonly adapters?: readonly Adapter[];
  /** Folder of the prompt cache on disk; there is none unless given. */
  readonly promptCache?: string;
  /** File in which is remembered what was measured of models on this machine; nothing is measured unless given. */
  readonly measurements?: string;
  /** Whether the model may be one that other clients of this user use, too; no unless given. */
  readonly shared?: boolean;
}

export interface LoadRequest {
  readonly plan: LoadPlan;
  /** What its file's header says of the memory that it needs. */
  readonly planned: PlannedModel;
  /** Special tokens whose presence the caller asks for. */
  readonly markers: readonly string[];
  /** Milliseconds without a request after which the prompt cache is written; 30,000 unless given. */
  readonly saveAfter?: number;
}

/** A server elsewhere whose model is to be used. */
export interface ConnectRequest {
  readonly server: RemoteServer;
  /** Special tokens whose presence the caller asks for. */
  readonly markers: readonly string[];
}

/** A model that answers requests: in a process of this machine, or behind an address. */
export interface Model {
  readonly info: LoadedModel;
  /**
   * Resolves when its GPU is prepared, so that no request has to wait any more for what a driver does once; absent where
   * there is nothing to wait for.
   */
  readonly prepared?: Promise<void>;
  /**
   * Generates text. `onText` gets it in pieces that are whole characters and hold no part of a stop string.
   * @throws EngineError `promptTooLong` when prompt and `maxTokens` exceed the context: nothing is ever cut
   */
  generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation>;
  /**
   * Log-probabilities of continuations, one score for each; undefined when the signal fired. Absent where a server elsewhere
   * tells none.
   * @throws EngineError `promptTooLong`
   */
  score?(request: ScoreRequest, signal: AbortSignal): Promise<readonly Score[] | undefined>;
  /**
   * How many tokens a part of a prompt has, without the one that the model's prompts may begin with.
   * @param limit the count may end at any number above it
   */
  countTokens(prompt: readonly PromptPart[], limit?: number): Promise<number>;
}

/** Loads models; the only part of the product that knows devices and layers. */
export interface ModelHost<Request = LoadRequest> {
  /** Resident bytes of the process that the model runs in, as far as they are known. */
  readonly memory: number | undefined;
  /**
   * Loads a model in the place of the one that is loaded, whose requests end with `died`.
   * @param onProgress gets a fraction from 0 to 1
   * @throws EngineError
   */
  load(request: Request, onProgress: (fraction: number) => void): Promise<Model>;
  /**
   * Unloads the model, and resolves when nothing of it is left in memory.
   * @throws EngineError `notEnded` when it stays there
   */
  dispose(): Promise<void>;
}

/**
 * Why an engine failed. `deviceFailed`: a model could not be loaded onto a GPU; it may be that it can be onto the CPU.
 * `died`: its process ended while the request ran. `unloaded`: the model left its place before the request began. `notEnded`:
 * the process of an earlier model does not end, so that there is no memory for another. `decodeFailed`: the native code refused
 * a step of the request.
 */
export type EngineFailure =
  | "loadFailed"
  | "deviceFailed"
  | "outOfMemory"
  | "noBackend"
  | "promptTooLong"
  | "decodeFailed"
  | "died"
  | "unloaded"
  | "notEnded"
  | "notLoaded";

/** How a process hung that was killed for it. */
export interface Hang {
  /** Whether it answered still, and made no progress. */
  readonly answered: boolean;
  readonly seconds: number;
}

export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly failure: EngineFailure;
  /** Of `outOfMemory`: tokens of the largest context that fits, as far as that is known. */
  readonly fits: number | undefined;
  /** Of `died`: how its process hung, if it did. */
  readonly hang: Hang | undefined;

  constructor(
    failure: EngineFailure,
    message: string,
    options?: ErrorOptions & { readonly fits?: number | undefined; readonly hang?: Hang | undefined },
  ) {
    super(message, options);
    this.failure = failure;
    this.fits = options?.fits;
    this.hang = options?.hang;
  }
}

// The interface that the assistant has of a running model. Implementations: modelProcess.ts, and scripted ones in tests.

import type { ModelInfo, ServerSettings } from "../../src/shared/protocol.ts";

/**
 * A piece of a prompt: plain text, in which special tokens have no meaning, or one special token. A `stable` place is no
 * text: the prompts to come are likely to be the same up to there.
 */
export type PromptPart = string | SpecialToken | { readonly stable: true };

/** A special token by its spelling, or by its role where models spell it differently. */
export type SpecialToken = { readonly special: string } | { readonly role: "prefix" | "suffix" | "middle" | "eos" };

/** Which of the model's sequences a request runs on; each keeps its own context, so that neither evicts the other. */
export type Lane = "completion" | "chat";

export interface GenerateRequest {
  readonly lane: Lane;
  readonly prompt: readonly PromptPart[];
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** Generation ends before any of these strings; they are not part of the text. */
  readonly stop: readonly string[];
}

/** `aborted`: the signal fired; the text is what there was. `interrupted`: the model's process ended. */
export type StopReason = "end" | "maxTokens" | "aborted" | "interrupted";

export interface Generation {
  readonly text: string;
  readonly stopReason: StopReason;
  readonly usage: Usage;
}

/** In tokens. `reused`: of the prompt, what a sequence held already and was not evaluated again. */
export interface Usage {
  readonly prompt: number;
  readonly reused: number;
  readonly generated: number;
}

/** What a loaded model is, as far as prompts depend on it. */
export interface LoadedModel extends ModelInfo {
  /** Which of `LoadRequest.markers` are single special tokens of its vocabulary. */
  readonly markers: readonly string[];
}

export interface LoadRequest {
  readonly settings: ServerSettings["model"];
  readonly markers: readonly string[];
}

export interface Engine {
  /**
   * Loads a model in the place of the one that is loaded.
   * @param onProgress gets a fraction from 0 to 1
   * @throws EngineError
   */
  load(request: LoadRequest, onProgress: (fraction: number) => void): Promise<LoadedModel>;
  /**
   * Generates text. `onText` gets it in pieces that are whole characters and hold no part of a stop string.
   * @throws EngineError `promptTooLong` when prompt and `maxTokens` exceed the context: nothing is ever cut
   */
  generate(request: GenerateRequest, onText: (text: string) => void, signal: AbortSignal): Promise<Generation>;
  countTokens(prompt: readonly PromptPart[]): Promise<number>;
  dispose(): Promise<void>;
}

/** Why an engine failed. `died`: its process ended while the request ran. */
export type EngineFailure = "loadFailed" | "outOfMemory" | "noBackend" | "promptTooLong" | "died" | "notLoaded";

export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly failure: EngineFailure;

  constructor(failure: EngineFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

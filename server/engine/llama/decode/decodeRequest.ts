// What the decode loop is asked for, and what comes of it.

import type { LlamaContextSequence, Token } from "node-llama-cpp";

import { EngineError, type Priority } from "../../engine.ts";
import type { Evaluator } from "./evaluator.ts";

/** What a request does after its prompt: each step evaluates once. `stopped`: `onToken` wants no more tokens. */
export type Evaluation = AsyncGenerator<void, "end" | "stopped", void>;

export interface DecodeRequest {
  /** At least one token. */
  readonly prompt: readonly Token[];
  /** Where later prompts are likely to leave this one, each as the number of tokens before it, rising. */
  readonly stable: readonly number[];
  readonly priority: Priority;
  /** Whether what a sequence holds of it must not be saved; it may be unless given. */
  readonly private?: boolean | undefined;
  /** Whose request it is, where several share the model. */
  readonly client?: string | undefined;
  /**
   * Gets the end of the prompt that is not evaluated yet: one token or more. It asks for its part of a step before it waits
   * for anything, so that the parts of all are one batch.
   */
  readonly evaluate: (sequence: LlamaContextSequence, rest: readonly Token[], evaluator: Evaluator) => Evaluation;
}

/** `reused`: tokens of the prompt that a sequence held already, and that were not evaluated again. */
export interface Decoded {
  readonly end: "end" | "stopped" | "aborted";
  readonly reused: number;
}

/** A fault of a request, as the engine's error. */
export function decodeFailure(error: unknown): EngineError {
  return new EngineError("decodeFailed", error instanceof Error ? error.message : String(error), { cause: error });
}

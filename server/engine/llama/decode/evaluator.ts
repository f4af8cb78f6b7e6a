// What evaluates: tokens of sequences, and the choice of those that follow. What is asked for at once is one batch.

import type { LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";

import { directEvaluator } from "./directEvaluator.ts";
import { libraryEvaluator } from "./libraryEvaluator.ts";

export type SamplingOptions = SequenceEvaluateOptions & {
  readonly seed?: number;
  /** Gets how likely each token is that a greedy sampler chooses, if the evaluator can tell. */
  readonly onProbability?: ((probability: number) => void) | undefined;
};

export interface Evaluator {
  /** Evaluates a piece of a prompt. */
  evaluate(sequence: LlamaContextSequence, tokens: readonly Token[]): Promise<void>;
  /** One for each request: a seed makes its choices repeatable. */
  sampler(sequence: LlamaContextSequence, options: SamplingOptions): TokenSampler;
  /** For what the library evaluates by itself: no batch is evaluated meanwhile. */
  alone<T>(evaluate: () => Promise<T>): Promise<T>;
}

export interface TokenSampler {
  /** Evaluates tokens, and chooses what follows each of the last `count`. */
  sample(tokens: readonly Token[], count: number): Promise<readonly Token[]>;
  dispose(): Promise<void>;
}

/** Drives the addon directly where it can, which takes a third of the time that the library's own way takes. */
export function chooseEvaluator(sequences: readonly LlamaContextSequence[], log: (message: string) => void): Evaluator {
  const direct = directEvaluator(sequences);
  if (typeof direct !== "string") return direct;
  log(`batches go through the library: ${direct}`);
  return libraryEvaluator;
}

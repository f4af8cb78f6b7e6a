// Samples one token in a step.

import type { LlamaContextSequence, Token } from "node-llama-cpp";

import type { Evaluation } from "./decodeRequest.ts";
import type { Evaluator, SamplingOptions } from "./evaluator.ts";

/** Takes the token that was chosen, and returns the one to go on from; undefined when no more may come. */
export type OnToken = (token: Token) => Token | undefined;

export async function* sampleTokens(
  evaluator: Evaluator,
  sequence: LlamaContextSequence,
  rest: readonly Token[],
  options: SamplingOptions,
  onToken: OnToken,
): Evaluation {
  const sampler = evaluator.sampler(sequence, options);
  try {
    let input = rest;
    for (;;) {
      for (const chosen of await sampler.sample(input, 1)) {
        if (sequence.model.isEogToken(chosen)) return "end";
        const token = onToken(chosen);
        if (token === undefined) return "stopped";
        input = [token];
      }
      yield;
    }
  } finally {
    await sampler.dispose();
  }
}

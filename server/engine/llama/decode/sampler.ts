// Samples one token in a step.

import type { LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";

import type { Evaluation } from "./decodeRequest.ts";

/** Takes a new token; false when no more may come. */
export type OnToken = (token: Token) => boolean;

export async function* sampleTokens(
  sequence: LlamaContextSequence,
  rest: readonly Token[],
  options: SequenceEvaluateOptions,
  onToken: OnToken,
): Evaluation {
  for await (const token of sequence.evaluate([...rest], options)) {
    if (!onToken(token)) return "stopped";
    yield;
  }
  return "end";
}

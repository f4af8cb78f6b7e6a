// Samples one token in a step.

import type { LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";

import type { Evaluation } from "./decodeRequest.ts";

/** Takes the token that was chosen, and returns the one to go on from; undefined when no more may come. */
export type OnToken = (token: Token) => Token | undefined;

export async function* sampleTokens(
  sequence: LlamaContextSequence,
  rest: readonly Token[],
  options: SequenceEvaluateOptions,
  onToken: OnToken,
): Evaluation {
  const tokens = sequence.evaluate([...rest], options);
  try {
    let next = await tokens.next();
    while (next.done !== true) {
      const token = onToken(next.value);
      if (token === undefined) return "stopped";
      yield;
      next = await tokens.next(token);
    }
    return "end";
  } finally {
    await tokens.return();
  }
}

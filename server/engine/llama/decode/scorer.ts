// Scores tokens that are given: how likely each is after those before it.

import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from "node-llama-cpp";

import type { Evaluation } from "./decodeRequest.ts";
import type { Evaluator } from "./evaluator.ts";

/** How likely a given token is. `greedy`: it is the likeliest of all. */
export interface ScoredToken {
  readonly logProbability: number;
  readonly greedy: boolean;
}

/** Probabilities of tokens come as a map of the whole vocabulary for each place, so that few places are asked for at once. */
const probabilitiesInStep = 2 ** 18;
/** The smallest number above 0 that a 32-bit float holds: the library's zero may be anything below. */
const leastProbability = 2 ** -149;

/** Log-probabilities of given tokens. */
export async function* scoreTokens(
  evaluator: Evaluator,
  sequence: LlamaContextSequence,
  rest: readonly Token[],
  continuation: readonly Token[],
  vocabularySize: number,
  onScore: (scored: ScoredToken) => void,
): Evaluation {
  const generateNext = { token: true, probabilities: true, options: { temperature: 0 } };
  // Each token's probability is an output of the token before it.
  const before = [...rest.slice(-1), ...continuation.slice(0, -1)];
  const inStep = Math.max(1, Math.floor(probabilitiesInStep / vocabularySize));
  for (let start = 0; start < before.length; start += inStep) {
    const unasked = start === 0 ? rest.slice(0, -1) : [];
    const asked = before
      .slice(start, start + inStep)
      .map((token): ControlledEvaluateInputItem => [token, { generateNext }]);
    const output = await evaluator.alone(() => sequence.controlledEvaluate([...unasked, ...asked]));
    output.slice(unasked.length).forEach((each, i) => {
      const token = continuation[start + i];
      if (token === undefined || !each?.next.probabilities) throw new Error("the model gave no probabilities");
      const probability = Math.max(each.next.probabilities.get(token) ?? 0, leastProbability);
      onScore({ logProbability: Math.log(probability), greedy: each.next.token === token });
    });
    yield;
  }
  return "end";
}

// The ways in which a sequence goes on after its prompt, each a generator that evaluates once in a step.

import type { ControlledEvaluateInputItem, LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";

import type { Evaluation } from "./decodeRequest.ts";
import { guessNext } from "./promptLookup.ts";

/** Takes a new token; false when no more may come. */
type OnToken = (token: Token) => boolean;

/** One token in a step. */
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

/** Longer guesses cost more when they fail than they gain. */
const longestGuess = 16;

/**
 * One token in a step, and as many of those guessed from the prompt as the model chooses too: they are evaluated at once,
 * each after the one before, and the first that it does not choose ends the step.
 */
export async function* sampleGuessedTokens(
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  rest: readonly Token[],
  options: SequenceEvaluateOptions & { readonly seed: number },
  onToken: OnToken,
  onGuessed: (count: number) => void,
): Evaluation {
  const known = [...prompt];
  let input = rest;
  let length = 2;
  for (;;) {
    // The first token may be bound to begin with what was cut off the prompt, which the guess does not know.
    // Beyond the end of the context, the library would drop its beginning.
    const room = sequence.contextSize - 1 - sequence.nextTokenIndex - input.length;
    const guess = known.length === prompt.length ? [] : guessNext(known, Math.min(length, room));
    // Each call begins a sampler of its own, which the same seed would have choose alike.
    const generateNext = { token: true, options: { ...options, seed: options.seed + known.length } };
    const ask = (token: Token): ControlledEvaluateInputItem => [token, { generateNext }];
    const output = await sequence.controlledEvaluate([
      ...input.slice(0, -1),
      ...[...input.slice(-1), ...guess].map(ask),
    ]);
    const chosen = output.slice(input.length - 1).map((each) => each?.next.token);
    const right = guess.findIndex((token, i) => token !== chosen[i]);
    const guessed = right < 0 ? guess.length : right;
    if (guessed < guess.length) {
      const end = sequence.nextTokenIndex;
      await sequence.eraseContextTokenRanges([{ start: end - (guess.length - guessed), end }]);
    }
    onGuessed(guessed);
    length = Math.min(2 + 2 * guessed, longestGuess);
    for (const token of chosen.slice(0, guessed + 1)) {
      if (token === undefined || token === null) throw new Error("the model chose no token");
      if (sequence.model.isEogToken(token)) return "end";
      known.push(token);
      if (!onToken(token)) return "stopped";
    }
    input = known.slice(-1);
    yield;
  }
}

/** A token that was there, and how likely it was. `greedy`: it was the likeliest. */
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
    const output = await sequence.controlledEvaluate([...unasked, ...asked]);
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

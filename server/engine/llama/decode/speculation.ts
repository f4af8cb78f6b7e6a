// Speculative decoding: several tokens in a step where the text repeats the prompt.

import type { ControlledEvaluateInputItem, LlamaContextSequence, SequenceEvaluateOptions, Token } from "node-llama-cpp";

import type { Evaluation } from "./decodeRequest.ts";
import { PromptLookup } from "./promptLookup.ts";
import type { OnToken } from "./sampler.ts";

/** A longer draft costs more when it fails than it gains. */
const longestDraft = 16;

/**
 * Samples one token in a step, and accepts as many of those drafted from the prompt as the model chooses too: they are
 * evaluated at once, each after the one before, and the first that it does not choose ends the step.
 */
export async function* sampleDraftedTokens(
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  rest: readonly Token[],
  options: SequenceEvaluateOptions & { readonly seed: number },
  onToken: OnToken,
  onAccepted: (count: number) => void,
): Evaluation {
  const lookup = new PromptLookup(prompt);
  let count = 0;
  let input = rest;
  let length = 2;
  for (;;) {
    // The first token may be bound to begin with what was cut off the prompt, which the draft does not know.
    // Beyond the end of the context, the library would drop its beginning.
    const room = sequence.contextSize - 1 - sequence.nextTokenIndex - input.length;
    const draft = count === 0 ? [] : lookup.draft(Math.min(length, room));
    // Each call begins a sampler of its own, which the same seed would have choose alike.
    const generateNext = { token: true, options: { ...options, seed: options.seed + prompt.length + count } };
    const ask = (token: Token): ControlledEvaluateInputItem => [token, { generateNext }];
    const output = await sequence.controlledEvaluate([
      ...input.slice(0, -1),
      ...[...input.slice(-1), ...draft].map(ask),
    ]);
    const chosen = output.slice(input.length - 1).map((each) => each?.next.token);
    const rejected = draft.findIndex((token, i) => token !== chosen[i]);
    const accepted = rejected < 0 ? draft.length : rejected;
    if (accepted < draft.length) {
      const end = sequence.nextTokenIndex;
      await sequence.eraseContextTokenRanges([{ start: end - (draft.length - accepted), end }]);
    }
    onAccepted(accepted);
    length = Math.min(2 + 2 * accepted, longestDraft);
    for (const token of chosen.slice(0, accepted + 1)) {
      if (token === undefined || token === null) throw new Error("the model chose no token");
      if (sequence.model.isEogToken(token)) return "end";
      const taken = onToken(token);
      if (taken === undefined) return "stopped";
      lookup.push(taken);
      count++;
      input = [taken];
    }
    yield;
  }
}

// Speculative decoding: several tokens in a step where the text repeats the prompt.

import type { LlamaContextSequence, Token } from "node-llama-cpp";

import type { Evaluation } from "./decodeRequest.ts";
import type { Evaluator, SamplingOptions } from "./evaluator.ts";
import { PromptLookup } from "./promptLookup.ts";
import type { OnToken } from "./sampler.ts";

/**
 * On a processor a step of two tokens takes 1.5 to 1.8 times as long as one of a single token, and each more adds less: a
 * shorter draft gains nothing. A longer one costs more when it fails than it gains.
 */
const shortestDraft = 3;
const longestDraft = 16;

/**
 * Samples one token in a step, and accepts as many of those drafted from the prompt as the model chooses too: they are
 * evaluated at once, each after the one before, and the first that it does not choose ends the step.
 * @param isBound whether the next token is bound to spell what was cut off the prompt, which a draft does not know
 */
export async function* sampleDraftedTokens(
  evaluator: Evaluator,
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  rest: readonly Token[],
  options: SamplingOptions,
  onToken: OnToken,
  onAccepted: (count: number) => void,
  isBound: () => boolean = () => false,
): Evaluation {
  const sampler = evaluator.sampler(sequence, options);
  try {
    const lookup = new PromptLookup(prompt);
    let input = rest;
    let length = shortestDraft;
    for (;;) {
      // Beyond the end of the context, there is no room.
      const room = sequence.contextSize - 1 - sequence.nextTokenIndex - input.length;
      const found = isBound() ? [] : lookup.draft(Math.min(length, room));
      const draft = found.length < shortestDraft ? [] : found;
      const chosen = await sampler.sample([...input, ...draft], draft.length + 1);
      const rejected = draft.findIndex((token, i) => token !== chosen[i]);
      const accepted = rejected < 0 ? draft.length : rejected;
      if (accepted < draft.length) {
        const end = sequence.nextTokenIndex;
        await sequence.eraseContextTokenRanges([{ start: end - (draft.length - accepted), end }]);
      }
      onAccepted(accepted);
      length = Math.min(Math.max(2 + 2 * accepted, shortestDraft), longestDraft);
      for (const token of chosen.slice(0, accepted + 1)) {
        if (sequence.model.isEogToken(token)) return "end";
        const taken = onToken(token);
        if (taken === undefined) return "stopped";
        lookup.push(taken);
        input = [taken];
      }
      yield;
    }
  } finally {
    await sampler.dispose();
  }
}

// How many tokens of a sequence are worth a file, and how many of a file's a prompt can use.

import type { LlamaContextSequence, Token } from "node-llama-cpp";

/** Of a model that cannot drop the end of its context, only what it can go back to: there the prompts to come go on. */
export function lengthToSave(sequence: LlamaContextSequence): number {
  return sequence.needsCheckpoints ? sequence.lastCheckpointIndex + 1 : sequence.nextTokenIndex;
}

/** How many of the tokens need no evaluation after the state was loaded. */
export function usableLength(
  tokens: readonly Token[],
  wanted: readonly Token[],
  sequence: LlamaContextSequence,
): number {
  // It was saved in a larger context.
  if (tokens.length > sequence.contextSize) return 0;
  const shared = sharedLength(tokens, wanted);
  return sequence.needsCheckpoints && shared < tokens.length ? 0 : shared;
}

/** How many tokens two texts begin with in common. */
export function sharedLength(a: readonly Token[], b: readonly Token[]): number {
  const different = a.findIndex((token, i) => token !== b[i]);
  return different < 0 ? a.length : different;
}

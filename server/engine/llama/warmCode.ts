// Writes some tokens that nobody reads: until it has run some hundred times, the code around a token takes several times as
// long as later, and those would be the user's first tokens.

import type { LlamaContextSequence } from "node-llama-cpp";

import { DecodeLoop } from "./decode/decodeLoop.ts";
import type { Evaluator } from "./decode/evaluator.ts";
import { LlamaModel, type LlamaModelParts } from "./llamaModel.ts";

const tokens = 256;
/** Milliseconds. A large model has no need of it, since nearly all of its time is llama.cpp's. */
const longest = 150;

/** Leaves the sequence empty. */
export async function warmCode(
  parts: Omit<LlamaModelParts, "loop">,
  sequence: LlamaContextSequence,
  evaluator: Evaluator,
): Promise<void> {
  const loop = new DecodeLoop({
    sequences: [sequence],
    evaluator,
    restore: () => Promise.resolve(false),
    onStep: () => undefined,
    onIdle: () => undefined,
    onFault: () => undefined,
  });
  const model = new LlamaModel({ ...parts, loop });
  const maxTokens = Math.min(tokens, Math.floor(parts.info.contextSize / 2));
  const end = performance.now() + longest;
  // A text may end at once.
  for (let written = 0; written < tokens && performance.now() < end; written++) {
    const timeLimit = Math.ceil(end - performance.now());
    const request = { priority: "background", prompt: [""], maxTokens, temperature: 0, stop: [], timeLimit } as const;
    const { usage } = await model.generate(request, () => undefined, new AbortController().signal);
    written += usage.generated;
  }
  await sequence.clearHistory();
}
